import { BenchMarket } from "./keeper/market.js";
import { settleTermLoan } from "../../sdk/model/index.js";
const m = new BenchMarket(20000); m.populate(); m.serve();
const t=m.book.termTable(1000001)!; let nan=0,late=0; let shown=0;
for (const r of t.liveRows()) { const l=t.termLoanAt(r)!; const b=settleTermLoan(l.balance,l.terms,BigInt(m.now)); if (b.paid!==b.passed||b.arrears>0n||b.interestDue>0n||b.lateFees>0n) { late++; if(shown++<4) console.log((m.now-Number(l.terms.openedAt))/86400, l.balance.paid, l.balance.passed, b);} if (Number.isNaN(t.lines[r*9]!)) nan++; }
console.log(t.size, late, nan, t.overdue.size);
