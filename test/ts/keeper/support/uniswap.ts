import { createRequire } from "node:module";
import { type BaseContract, Contract, ContractFactory, type InterfaceAbi, type Signer, solidityPacked } from "ethers";
import { squareRootDown } from "../../../../sdk/model/index.js";
import type { MockToken } from "../../../../types/ethers-contracts/contracts/mocks/MockToken.js";

const require = createRequire(import.meta.url);

/** The genuine Uniswap v3, as its authors compiled it. */
const ARTIFACTS = {
  factory: "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json",
  pool: "@uniswap/v3-core/artifacts/contracts/UniswapV3Pool.sol/UniswapV3Pool.json",
  router: "@uniswap/v3-periphery/artifacts/contracts/SwapRouter.sol/SwapRouter.json",
  positions: "@uniswap/v3-periphery/artifacts/contracts/NonfungiblePositionManager.sol/NonfungiblePositionManager.json",
  quoter: "@uniswap/v3-periphery/artifacts/contracts/lens/QuoterV2.sol/QuoterV2.json",
} as const;

interface Artifact {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
}
const artifactOf = (name: keyof typeof ARTIFACTS): Artifact => require(ARTIFACTS[name]) as Artifact;

/** The factory, router, position manager and quoter, as ethers contracts whose methods are called by name. */
export class Uniswap {
  private constructor(
    readonly factory: Contract,
    readonly router: Contract,
    readonly positions: Contract,
    readonly quoter: Contract,
    private readonly signer: Signer,
  ) {}

  static async deploy(signer: Signer): Promise<Uniswap> {
    const create = async (name: keyof typeof ARTIFACTS, ...args: unknown[]): Promise<Contract> => {
      const { abi, bytecode } = artifactOf(name);
      const deployed: BaseContract = await new ContractFactory(abi, bytecode, signer).deploy(...args);
      await deployed.waitForDeployment();
      return new Contract(await deployed.getAddress(), abi, signer);
    };
    const factory = await create("factory");
    // No pool here trades ether, so wrapped ether is an address without code.
    const weth = "0x4200000000000000000000000000000000000006";
    const router = await create("router", factory, weth);
    const positions = await create("positions", factory, weth, weth);
    const quoter = await create("quoter", factory, weth);
    return new Uniswap(factory, router, positions, quoter, signer);
  }

  /**
   * Makes a pool at `priceE36` (units of `quote` for one of `base`) and puts liquidity into it from half to twice the price.
   *
   * @param quoteDepth units of `quote` put in, with `base` of the same value
   */
  async makePool(
    base: MockToken,
    quote: MockToken,
    fee: number,
    priceE36: bigint,
    quoteDepth: bigint,
  ): Promise<string> {
    const [baseAddress, quoteAddress] = await Promise.all([base.getAddress(), quote.getAddress()]);
    const baseFirst = BigInt(baseAddress) < BigInt(quoteAddress);
    const [token0, token1] = baseFirst ? [baseAddress, quoteAddress] : [quoteAddress, baseAddress];
    const ratioE36 = baseFirst ? priceE36 : 10n ** 72n / priceE36;
    const sqrtPrice = squareRootDown((ratioE36 << 192n) / 10n ** 36n);
    await settle(this.call(this.positions, "createAndInitializePoolIfNecessary", token0, token1, fee, sqrtPrice));

    const spacing = { 500: 10, 3000: 60, 10000: 200 }[fee] ?? 60;
    const tick = Math.floor((Math.log(Number(sqrtPrice)) - 96 * Math.LN2) / Math.log(Math.sqrt(1.0001)));
    const half = Math.floor(Math.LN2 / Math.log(1.0001));
    const align = (t: number): number => Math.floor(t / spacing) * spacing;
    const baseDepth = (quoteDepth * 10n ** 36n) / priceE36;
    const owner = await this.signer.getAddress();
    for (const [token, amount] of [
      [base, baseDepth],
      [quote, quoteDepth],
    ] as const) {
      await settle(token.mint(owner, amount));
      await settle(token.approve(await this.positions.getAddress(), amount));
    }
    await settle(
      this.call(this.positions, "mint", {
        token0,
        token1,
        fee,
        tickLower: align(tick - half),
        tickUpper: align(tick + half),
        amount0Desired: baseFirst ? baseDepth : quoteDepth,
        amount1Desired: baseFirst ? quoteDepth : baseDepth,
        amount0Min: 0n,
        amount1Min: 0n,
        recipient: owner,
        deadline: 2n ** 40n,
      }),
    );
    return (await this.factory.getFunction("getPool")(token0, token1, fee)) as string;
  }

  /** Sells `amount` of `from` for `to` on the open market. */
  async sell(from: MockToken, to: MockToken, fee: number, amount: bigint): Promise<void> {
    const owner = await this.signer.getAddress();
    await settle(from.mint(owner, amount));
    await settle(from.approve(await this.router.getAddress(), amount));
    await settle(
      this.call(this.router, "exactInput", {
        path: pathOf([await from.getAddress(), fee, await to.getAddress()]),
        recipient: owner,
        deadline: 2n ** 40n,
        amountIn: amount,
        amountOutMinimum: 1n,
      }),
    );
  }

  /** @returns units of the path's last token for `amountIn` of its first */
  async quoteExactInput(path: string, amountIn: bigint): Promise<bigint> {
    const [amountOut] = (await this.quoter.getFunction("quoteExactInput").staticCall(path, amountIn)) as [bigint];
    return amountOut;
  }

  /** @param path from what is bought back to what is sold */
  async quoteExactOutput(path: string, amountOut: bigint): Promise<bigint> {
    const [amountIn] = (await this.quoter.getFunction("quoteExactOutput").staticCall(path, amountOut)) as [bigint];
    return amountIn;
  }

  private call(contract: Contract, method: string, ...args: unknown[]): Promise<{ wait(): Promise<unknown> }> {
    return contract.getFunction(method).send(...args);
  }
}

/** A Uniswap v3 path: token, fee, token, … */
export function pathOf(hops: readonly (string | number)[]): string {
  return solidityPacked(
    hops.map((_, index) => (index % 2 === 0 ? "address" : "uint24")),
    [...hops],
  );
}

async function settle(sent: Promise<{ wait(): Promise<unknown> }>): Promise<void> {
  await (await sent).wait();
}
