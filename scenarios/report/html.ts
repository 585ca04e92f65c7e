import { STYLE } from "./style.js";

/** Text that is HTML already. Everything else put into a template is escaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | readonly Html[];

/** A template tag that escapes what it is given, so that no token symbol or file name can become markup. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.map((text, i) => text + (i < parts.length ? render(parts[i] ?? "") : "")).join(""));
}

/** @param numbers columns of numbers, from 0 */
export function table(
  heads: readonly string[],
  rows: readonly (readonly (Html | string)[])[],
  numbers: readonly number[],
): Html {
  const align = (column: number) => new Html(numbers.includes(column) ? ' class="number"' : "");
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${heads.map((head, i) => html`<th${align(i)}>${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell, i) => html`<td${align(i)}>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** A whole document that needs nothing beside it: no script, no picture, no font from elsewhere. */
export function documentOf(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Ballast: ${title}</title>
        <style>
          ${new Html(STYLE)}
        </style>
      </head>
      <body>
        <h1>${title}</h1>
        ${body}
      </body>
    </html> `.text;
}

function render(part: Part): string {
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(({ text }) => text).join("");
  return String(part).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
