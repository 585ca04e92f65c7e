import { BenchMarket } from "./keeper/market.js";
const m = new BenchMarket(Number(process.argv[2] ?? 100000)); m.populate(); m.serve();
const cpu=()=>{const u=process.cpuUsage(); return (u.user+u.system)};
for(let r=0;r<6;r++){ let ev=0; const b:number[]=[]; for(let i=0;i<40;i++){ const logs=m.nextBlock(2000); const w=performance.now(); const a=cpu(); for(const l of logs) m.apply(l); m.book.settle(m.block-512); ev+=cpu()-a; b.push((performance.now()-w)/2);} b.sort((x,y)=>x-y); console.log("events cpu us each", (ev/80000).toFixed(2), "wall min/p25", b[0]!.toFixed(2), b[10]!.toFixed(2)); }
