import { BenchMarket } from "./keeper/market.js";
import { Session } from "node:inspector";
const m = new BenchMarket(Number(process.argv[2] ?? 100000)); m.populate(); m.serve();
const cpu=()=>{const u=process.cpuUsage(); return (u.user+u.system)/1e3};
const s = new Session(); s.connect(); s.post("Profiler.enable"); s.post("Profiler.setSamplingInterval",{interval:500});
const acc=new Map<string,[number,number]>();
const names=new Map<string,string>();
for(let r=0;r<100;r++){ const logs=m.nextBlock(2000); 
 const kinds=new Map<string,any[]>(); for(const l of logs){const k=(l.address.slice(0,4))+l.topics[0]!.slice(0,10); (kinds.get(k)??kinds.set(k,[]).get(k)!).push(l);}
 if(r===20) s.post("Profiler.start");
 for(const [k,ls] of kinds){ const a=performance.now(); for(const l of ls) m.apply(l); const e=acc.get(k)??[0,1e9]; if(ls.length>20){ e[1]=Math.min(e[1],(performance.now()-a)/ls.length*1e3);} e[0]+=ls.length; acc.set(k,e);} m.book.settle(m.block-512);}
for(const [k,v] of acc) console.log(k,v[0],"best us",v[1].toFixed(2));
s.post("Profiler.stop",(e,r:any)=>{ const p=r.profile; const self=new Map<string,number>(); const dt=p.timeDeltas; const idx=new Map(p.nodes.map((x:any)=>[x.id,x])); p.samples.forEach((id:number,i:number)=>{const f=(idx.get(id) as any).callFrame; const k=f.functionName+" "+f.url.split("/").slice(-2).join("/")+":"+f.lineNumber; self.set(k,(self.get(k)??0)+dt[i]);}); const tot=[...self.values()].reduce((a,b)=>a+b,0); for(const [k,v] of [...self].sort((a,b)=>b[1]-a[1]).slice(0,30)) console.log((v/tot*100).toFixed(1)+"%",k); });
