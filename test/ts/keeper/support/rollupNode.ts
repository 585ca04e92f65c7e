import { AbiCoder, dataSlice, getBytes, id } from "ethers";
import { Node } from "../../../../keeper/chain/node.js";
import { JsonRpc } from "../../../../keeper/chain/rpc.js";
import {
  type L1FeeParameters,
  type OperatorFeeParameters,
  calldataGas,
  ecotoneL1Fee,
  fastLzSize,
  fjordL1Fee,
  isthmusOperatorFee,
  jovianOperatorFee,
} from "../../../../sdk/model/index.js";

const coder = AbiCoder.defaultAbiCoder();
const selector = (signature: string): string => id(signature).slice(0, 10);
const SIGNATURE_BYTES = 68n;

/** A node whose GasPriceOracle charges by the fork and the prices of the moment: both may change while a keeper runs. */
export class RollupNode {
  fork: "ecotone" | "fjord" | "isthmus" | "jovian" = "isthmus";
  l1: L1FeeParameters = {
    l1BaseFee: 20_000_000_000n,
    blobBaseFee: 1_000_000_000n,
    baseFeeScalar: 5_227n,
    blobBaseFeeScalar: 1_014_213n,
  };
  operator: OperatorFeeParameters = { scalar: 1_000n, constant: 10n ** 10n };
  readonly node: Node;

  constructor() {
    const transport = async (body: string) => {
      const {
        id: requestId,
        method,
        params,
      } = JSON.parse(body) as {
        id: number;
        method: string;
        params: [{ data: string }];
      };
      const result = method === "eth_getCode" ? "0xfe" : this.answer(params[0].data);
      const answer =
        result === undefined ? { error: { code: 3, message: "execution reverted", data: "0x" } } : { result };
      return Promise.resolve({ status: 200, body: JSON.stringify({ jsonrpc: "2.0", id: requestId, ...answer }) });
    };
    this.node = new Node(new JsonRpc(transport, 1_000));
  }

  private answer(data: string): string | undefined {
    const args = dataSlice(data, 4);
    switch (dataSlice(data, 0, 4)) {
      case selector("getL1Fee(bytes)"):
        return this.encode(this.l1Fee(getBytes(coder.decode(["bytes"], args)[0] as string)));
      case selector("getL1FeeUpperBound(uint256)"): {
        if (this.fork === "ecotone") return undefined;
        const size = (coder.decode(["uint256"], args)[0] as bigint) + SIGNATURE_BYTES;
        return this.encode(fjordL1Fee(size + size / 255n + 16n, this.l1));
      }
      case selector("getOperatorFee(uint256)"):
        return this.operatorFee(coder.decode(["uint256"], args)[0] as bigint);
      default:
        throw new Error(`the stub is not asked for ${dataSlice(data, 0, 4)}`);
    }
  }

  private l1Fee(transaction: Uint8Array): bigint {
    return this.fork === "ecotone"
      ? ecotoneL1Fee(calldataGas(transaction) + SIGNATURE_BYTES * 16n, this.l1)
      : fjordL1Fee(BigInt(fastLzSize(transaction)) + SIGNATURE_BYTES, this.l1);
  }

  private operatorFee(gas: bigint): string | undefined {
    if (this.fork === "isthmus") return this.encode(isthmusOperatorFee(gas, this.operator));
    if (this.fork === "jovian") return this.encode(jovianOperatorFee(gas, this.operator));
    return undefined;
  }

  private encode(value: bigint): string {
    return coder.encode(["uint256"], [value]);
  }
}
