import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { weave } from "../weave.js";
import { SWITCH, type FoundInModel } from "./find.js";

/** Modules that are loaded anew for each generation: the model, and the tests that hold it. */
const RENEWED = /\/(sdk|test\/ts)\/.*\.[jt]s$/;

/** Thrown where a mutant makes a program run for ever. */
export class Endless extends Error {}

/** The switch of the mutants in this process, and the loader that puts them in. */
export class Switch {
  /** The mutant that is on; 0 for none. */
  active = 0;
  /** Mutants that anything came by since it was emptied. */
  readonly hits = new Set<number>();
  /** How often something may come by one until it is called endless. */
  patience = Infinity;
  /** Raised to have all modules loaded again, with what they compute as they load. */
  generation = 0;
  #passed = 0;

  reset(active: number, patience: number): void {
    this.active = active;
    this.patience = patience;
    this.#passed = 0;
    this.hits.clear();
  }

  get passed(): number {
    return this.#passed;
  }

  /** From now on, importing a file of the model gives it with its mutants. */
  install({ mutants, imports }: FoundInModel): void {
    const isActive = (id: number): boolean => {
      this.hits.add(id);
      if (++this.#passed > this.patience) throw new Endless(`more than ${this.patience} steps`);
      return id === this.active;
    };
    Object.assign(globalThis, { [SWITCH]: isActive });
    registerHooks({
      resolve: (specifier, context, next) => {
        const found = next(specifier, context);
        const [plain = ""] = found.url.split("?");
        return RENEWED.test(plain) ? { ...found, url: `${plain}?generation=${this.generation}` } : found;
      },
      load: (url, context, next) => {
        const [plain = ""] = url.split("?");
        const file = plain.startsWith("file:") ? relative(process.cwd(), fileURLToPath(plain)) : "";
        const wraps = mutants.wraps(file);
        if (wraps.length === 0) return next(url, context);
        const text = weave(readFileSync(file, "utf8"), wraps);
        const source = `${[...(imports.get(file) ?? [])].join(" ")} ${text}`;
        const options = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };
        const { outputText } = ts.transpileModule(source, { compilerOptions: options, fileName: file });
        return { format: "module", source: outputText, shortCircuit: true };
      },
    });
  }
}
