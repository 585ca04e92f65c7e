import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a command ends with where this machine lacks what it needs: neither passed nor failed (.ci/run does not count it). */
export const NOT_HERE = 77;

/** The programs of test/tools/python/requirements.txt, in a virtual environment of their own. */
export class PythonPrograms {
  private constructor(private readonly folder: string) {}

  /** Path of a program, such as `python` or `halmos`. */
  path(program: string): string {
    return join(this.folder, "bin", program);
  }

  /** The folder to put first on PATH for a program that starts others. */
  get bin(): string {
    return join(this.folder, "bin");
  }

  /**
   * Makes the environment below out/, once for each list of requirements.
   *
   * @returns the reason where it cannot be had: no python3, no venv module, no package index
   */
  static prepare(root: string, say: (line: string) => void): PythonPrograms | string {
    const requirements = join(import.meta.dirname, "requirements.txt");
    const folder = join(root, "out/python");
    const stampFile = join(folder, ".installed");
    const version = spawnSync("python3", ["--version"], { encoding: "utf8" });
    if (version.status !== 0) return "there is no python3 here";
    const wanted = createHash("sha256").update(readFileSync(requirements)).update(version.stdout).digest("hex");
    if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === wanted) return new PythonPrograms(folder);

    say(`Installing ${version.stdout.trim()} programs into out/python (once, about half a minute)…`);
    rmSync(folder, { recursive: true, force: true });
    const steps: [what: string, command: string, args: string[]][] = [
      ["python3 cannot make a virtual environment", "python3", ["-m", "venv", folder]],
      [
        "pip cannot install test/tools/python/requirements.txt",
        join(folder, "bin/pip"),
        ["install", "--quiet", "--disable-pip-version-check", "-r", requirements],
      ],
    ];
    for (const [what, command, args] of steps) {
      const done = spawnSync(command, args, { encoding: "utf8" });
      if (done.status !== 0) return `${what}: ${lastLine(done.stderr) || lastLine(done.stdout)}`;
    }
    writeFileSync(stampFile, wanted);
    return new PythonPrograms(folder);
  }
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
