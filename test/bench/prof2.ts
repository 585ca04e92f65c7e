import { BenchMarket } from "./keeper/market.js";
import { scan } from "../../keeper/judge/scan.js";
const m = new BenchMarket(Number(process.argv[2] ?? 100000)); m.populate(); m.serve();
let lo=10000, hi=1e6; for(let i=0;i<30;i++){const mid=(lo+hi)/2; if(scan(m.book,m.facts(mid)).length>m.book.size/100) lo=mid; else hi=mid;}
const cpu=()=>{const u=process.cpuUsage(); return (u.user+u.system)/1e3};
for(let r=0;r<4;r++){
const c0=cpu(); let n=0; const N=100; const best:number[]=[];
for(let i=0;i<N;i++){ const f=m.facts(hi*(1+(i%7)/1e6)); const a=performance.now(); n=scan(m.book,f).length; best.push(performance.now()-a);} best.sort((a,b)=>a-b);
console.log("scan found",n,"cpu ms each",(cpu()-c0)/N, "wall min/p50/p90", best[0], best[50], best[90]);
let ev=0; const b2:number[]=[];
for(let i=0;i<25;i++){ const logs=m.nextBlock(2000); const w=performance.now(); const a=cpu(); for(const l of logs) m.apply(l); m.book.settle(m.block-512); ev+=cpu()-a; b2.push((performance.now()-w)/2);} b2.sort((a,b)=>a-b);
console.log("events cpu us each", ev/50, "wall us min/p50", b2[0], b2[12]);
}
