import { BenchMarket } from "./keeper/market.js";
import { scan } from "../../keeper/judge/scan.js";
import { Decisions } from "../../keeper/judge/decisions.js";
const m = new BenchMarket(Number(process.argv[2] ?? 100000)); m.populate(); m.serve();
let lo=10000, hi=1e6; for(let i=0;i<30;i++){const mid=(lo+hi)/2; if(scan(m.book,m.facts(mid)).length>m.book.size/100) lo=mid; else hi=mid;}
let large=0, all=0; const by=new Map<number,number[]>(); const o=Decisions.prototype.pushLarge; const p=Decisions.prototype.push;
Decisions.prototype.pushLarge=function(...a:any){large++; return (o as any).apply(this,a)}; 
const d=scan(m.book,m.facts(hi)); console.log("found",d.length,"slow",large);
for(let i=0;i<d.length;i++){const x=d.at(i); const e=by.get(x.facility)??[0]; e[0]++; by.set(x.facility,e);} console.log(by);
Decisions.prototype.pushLarge=o;
for (const only of [1,2,1000001]) { const f=m.facts(hi); const g=new Map([[only,f.get(only)!]]); const t:number[]=[]; let n=0; for(let i=0;i<300;i++){const a=performance.now(); n=scan(m.book,g).length; t.push(performance.now()-a);} t.sort((a,b)=>a-b); console.log(only,n,"min/p10/p50 ms",t[0],t[30],t[150]); }
{ const f=m.facts(hi); const t:number[]=[]; const s=Decisions.prototype.sort; Decisions.prototype.sort=function(){return this}; for(let i=0;i<300;i++){const a=performance.now(); scan(m.book,f); t.push(performance.now()-a);} t.sort((a,b)=>a-b); console.log("nosort min/p10/p50 ms",t[0],t[30],t[150]); Decisions.prototype.sort=s;}
