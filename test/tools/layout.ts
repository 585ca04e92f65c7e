import {
  CompilerAnswers,
  nameOf,
  productionArtifacts,
  type StorageLayout,
  type StorageType,
  type StorageVariable,
} from "./compiled.js";

/** Variables of one contract or struct, each a line: `slot [first byte..last byte] type name`. */
type Lines = readonly string[];

export interface ContractLayout {
  readonly storage: Lines;
  /** Emptied at the end of a transaction; slots of its own. Locks at hashed slots are not the compiler's and not here. */
  readonly transient: Lines;
  /** Structs that storage holds, also in mappings; slots count from the struct's own first. */
  readonly structs: Readonly<Record<string, Lines>>;
}

const lineOf = (
  { slot, offset, label, type }: StorageVariable,
  types: Readonly<Record<string, StorageType>>,
): string => {
  const stored = types[type];
  if (stored === undefined)
    throw new Error(`The compiler's layout names type ${type} of ${label} and does not describe it.`);
  const bytes = Number(stored.numberOfBytes);
  const last = offset + bytes - 1;
  return `${slot} [${offset}..${last}] ${stored.label} ${label}`;
};

const linesOf = (layout: StorageLayout): Lines =>
  layout.storage.map((variable) => lineOf(variable, layout.types ?? {}));

function structsOf(layout: StorageLayout): Record<string, Lines> {
  const types = layout.types ?? {};
  const structs: Record<string, Lines> = {};
  for (const { label, members } of Object.values(types)) {
    if (members === undefined) continue;
    if (label in structs) throw new Error(`Two structs of one contract are called ${label}: give one another name.`);
    structs[label] = members.map((member) => lineOf(member, types));
  }
  return Object.fromEntries(Object.entries(structs).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Where every deployable contract keeps its state, as last compiled, by `path:name`; those that keep none are left out. */
export function layouts(root: string): Record<string, ContractLayout> {
  const answers = new CompilerAnswers(root);
  const found: Record<string, ContractLayout> = {};
  for (const artifact of productionArtifacts(root)) {
    const { storageLayout, transientStorageLayout } = answers.of(artifact);
    const layout: ContractLayout = {
      storage: linesOf(storageLayout),
      transient: linesOf(transientStorageLayout),
      structs: structsOf(storageLayout),
    };
    if (layout.storage.length + layout.transient.length > 0) found[nameOf(artifact)] = layout;
  }
  return found;
}
