import { BenchMarket } from "./keeper/market.js";
import { scan } from "../../keeper/judge/scan.js";
import { Session } from "node:inspector";
import { writeFileSync } from "node:fs";
const m = new BenchMarket(Number(process.argv[2] ?? 100000)); m.populate(); m.serve();
let lo=10000, hi=1e6; for(let i=0;i<30;i++){const mid=(lo+hi)/2; if(scan(m.book,m.facts(mid)).length>m.book.size/100) lo=mid; else hi=mid;}
const s = new Session(); s.connect();
s.post("Profiler.enable"); s.post("Profiler.setSamplingInterval",{interval:200}); s.post("Profiler.start");
const c0=process.cpuUsage(); let n=0; const N=100;
for(let i=0;i<N;i++){ n=scan(m.book,m.facts(hi*(1+(i%7)/1e6))).length; }
const c1=process.cpuUsage(c0); console.log("scan found",n,"cpu ms each",(c1.user+c1.system)/1e3/N);
const c2=process.cpuUsage(); let ev=0; let gen=0;
for(let i=0;i<20;i++){ const logs=m.nextBlock(2000); const a=process.cpuUsage(); for(const l of logs) m.apply(l); m.book.settle(m.block-512); const b=process.cpuUsage(a); ev+=b.user+b.system; }
console.log("events cpu us each", ev/40000);
s.post("Profiler.stop",(e,r:any)=>{ const p=r.profile; const self=new Map<string,number>(); const dt=p.timeDeltas; const idx=new Map(p.nodes.map((x:any)=>[x.id,x])); p.samples.forEach((id:number,i:number)=>{const f=(idx.get(id) as any).callFrame; const k=f.functionName+" "+f.url.split("/").slice(-2).join("/")+":"+f.lineNumber; self.set(k,(self.get(k)??0)+dt[i]);}); const tot=[...self.values()].reduce((a,b)=>a+b,0); for(const [k,v] of [...self].sort((a,b)=>b[1]-a[1]).slice(0,32)) console.log((v/tot*100).toFixed(1)+"%",k); });
