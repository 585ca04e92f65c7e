import { startWorld } from "./support.js";
describe("probe", () => {
  it("x", async () => {
    const w = await startWorld();
    const show = async (...a: string[]) => {
      const r = await w.cli(...a);
      console.log("$ ballast", a.join(" "));
      console.log(r.stdout);
      console.log("--", r.stderr, "exit", r.code);
    };
    try {
      await w.market.fund(w.borrower.wallet, { collateral: w.market.btc(2n) });
      await (await w.market.collateral.connect(w.borrower.wallet).approve(await w.market.vault.getAddress(), 0)).wait();
      await show("facilities");
      await show("quote", "--facility", "1", "--collateral", "0.5", "WBTC");
      await show("quote", "--facility", "1", "--collateral", "0.5", "--borrow", "10000", "--json");
      const k = ["--key-file", w.borrower.keyFile];
      await show("open", "--facility", "1", "--collateral", "0.5", "--borrow", "10,000", "--dry-run", ...k);
      await show("open", "--facility", "1", "--collateral", "0.5", "--borrow", "10,000", ...k);
      await show("open", "--facility", "1", "--collateral", "0.5", "--borrow", "10,000", "--yes", ...k);
      await show("status", ...k);
      await show("status", "1:0", ...k);
      await show("draw", "1:0", "max", "--json", "--yes", ...k);
      await show("watch", "1:0", "--once", ...k);
    } finally {
      await w.close();
    }
  });
});
