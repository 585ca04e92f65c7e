/** Who holds tokens, as far as the question "who got what" goes. */
export type Group = "lenders" | "borrowers" | "keeper" | "ballast" | "market" | "others";

export const GROUP_NAMES: Record<Group, string> = {
  lenders: "Lenders",
  borrowers: "Borrowers",
  keeper: "Keeper and its contract",
  ballast: "Ballast's contracts",
  market: "Uniswap pool and arbitrageur",
  others: "Everybody else",
};

/** An account or contract that may hold either token. */
export interface Party {
  address: string;
  name: string;
  group: Group;
}
