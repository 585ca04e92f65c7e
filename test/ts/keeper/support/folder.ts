import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder that lasts as long as the tests of the describe that asks for it. */
export class FolderOfTests {
  private folder = "";

  constructor() {
    before(() => (this.folder = mkdtempSync(join(tmpdir(), "ballast-keeper-"))));
    after(() => rmSync(this.folder, { recursive: true }));
  }

  pathOf(name: string): string {
    return join(this.folder, name);
  }

  /** Writes a file. @returns where it is */
  file(name: string, content: string): string {
    writeFileSync(this.pathOf(name), content);
    return this.pathOf(name);
  }
}
