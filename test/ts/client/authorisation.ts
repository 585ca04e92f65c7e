import { expect } from "chai";
import { planAuthorise, planBringAuthorisation, planDraw, planWithdraw } from "../../../sdk/client/actions/index.js";
import {
  type Authorisation,
  ForeignSignature,
  NO_LIMIT,
  readAuthorisation,
  signAuthorisation,
} from "../../../sdk/client/authorisation.js";
import { readLoan } from "../../../sdk/client/loanState.js";
import { sendPlan } from "../../../sdk/client/send.js";
import { clientMarket, rejection } from "./support.js";

async function authorised() {
  const world = await clientMarket();
  const { market, borrower, client } = world;
  const id = await market.open(borrower, market.btc(1n), market.cash(1_000n));
  const now = BigInt((await client.provider.getBlock("latest"))?.timestamp ?? 0);
  const authorisation: Authorisation = {
    actions: ["draw"],
    expiresAt: now + 86_400n,
    cashLimit: market.cash(500n),
    collateralLimit: 0n,
  };
  return { ...world, id, now, authorisation };
}

describe("client: authorisations", () => {
  it("are given, used up to their limit, and revoked by transaction", async () => {
    const { client, market, borrower, other, id, authorisation } = await authorised();
    const grant = { from: borrower.address, facility: 1, operator: other.address };
    const plan = planAuthorise(client, { ...grant, authorisation });
    expect(plan.summary).to.match(/draw \(draw at most 500.00 USDX\) in facility 1 until \d{4}-/);
    await sendPlan(client, borrower, plan);
    const draw = (assets: bigint) => planDraw(client, { from: other.address, id, assets });
    await sendPlan(client, other, await draw(market.cash(300n)));
    const given = await readAuthorisation(client, borrower.address, 1, other.address);
    expect(given).to.deep.equal({ ...authorisation, cashLimit: market.cash(200n) });
    expect((await rejection(sendPlan(client, other, await draw(market.cash(201n))))).message).to.match(
      /lets the operator draw 200.00 USDX more, not 201.00 USDX/,
    );
    const withdraw = await planWithdraw(client, { from: other.address, id, collateral: 1n });
    expect((await rejection(sendPlan(client, other, withdraw))).message).to.match(/has not authorised .* to withdraw/);
    const nothing: Authorisation = { actions: [], expiresAt: 0n, cashLimit: 0n, collateralLimit: 0n };
    await sendPlan(client, borrower, planAuthorise(client, { ...grant, authorisation: nothing }));
    expect((await rejection(sendPlan(client, other, await draw(1n)))).message).to.include("has not authorised");
  });

  it("are signed once and brought with the action, in one transaction", async () => {
    const { client, market, borrower, other, id, now, authorisation } = await authorised();
    const signed = await signAuthorisation(client, borrower, 1, other.address, authorisation, now + 3_600n);
    expect(JSON.parse(JSON.stringify(signed))).to.deep.equal(signed, "it survives being written to a file");
    const request = { from: other.address, id, assets: market.cash(500n), authorisation: signed };
    const { receipts } = await sendPlan(client, other, await planDraw(client, request));
    expect(receipts).to.have.length(1);
    expect((await readLoan(client, id)).debt).to.be.closeTo(market.cash(1_500n), market.cash("0.01"));
    expect(await market.loan.balanceOf(other.address)).to.equal(market.cash(500n));
    const again = sendPlan(client, other, await planDraw(client, request));
    expect((await rejection(again)).message).to.match(
      /is not one by .*: it was used already, or something in it was changed/,
    );
  });

  it("are brought by anybody, before their deadline only, and never on another deployment", async () => {
    const { client, borrower, other, third, now, authorisation, rpc } = await authorised();
    const unlimited: Authorisation = { ...authorisation, actions: ["draw", "close"], cashLimit: NO_LIMIT };
    const signed = await signAuthorisation(client, borrower, 1, other.address, unlimited, now + 3_600n);
    const bring = (what: typeof signed) => planBringAuthorisation(client, { from: third.address, signed: what });
    expect(() => bring({ ...signed, chainId: 1 })).to.throw(ForeignSignature, /not for 0x/);
    const changed = sendPlan(client, third, bring({ ...signed, collateralLimit: "1" }));
    expect((await rejection(changed)).message).to.include("is not one by");
    await sendPlan(client, third, bring(signed));
    expect((await readAuthorisation(client, borrower.address, 1, other.address)).actions).to.deep.equal([
      "draw",
      "close",
    ]);
    const late = await signAuthorisation(client, borrower, 1, other.address, unlimited, now + 10n);
    await rpc("evm_increaseTime", 7_200);
    await rpc("evm_mine");
    expect((await rejection(sendPlan(client, third, bring(late)))).message).to.include("was good until");
  });

  it("say when they have ended", async () => {
    const { client, market, borrower, other, id, now, authorisation, rpc } = await authorised();
    const grant = { from: borrower.address, facility: 1, operator: other.address };
    await sendPlan(
      client,
      borrower,
      planAuthorise(client, { ...grant, authorisation: { ...authorisation, expiresAt: now + 60n } }),
    );
    await rpc("evm_increaseTime", 120);
    await rpc("evm_mine");
    const draw = await planDraw(client, { from: other.address, id, assets: market.cash(1n) });
    expect((await rejection(sendPlan(client, other, draw))).message).to.match(/authorisation by .* ended at/);
  });
});
