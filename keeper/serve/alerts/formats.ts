import type { AlertTarget } from "../../config/schema.js";
import { secretOf } from "../../config/secrets.js";
import type { Notice } from "./alerts.js";

/** Which keeper speaks. */
export interface Sender {
  readonly network: string;
  readonly operator: string;
}

/** What is posted where. */
export interface Post {
  readonly url: string;
  readonly body: unknown;
}

const SIGNS = { critical: "🔴", warning: "🟠", info: "🔵" } as const;
/** What Telegram takes in one message is 4096 characters; Slack takes more. */
const MOST_TEXT = 3_500;

/** As people read it in a chat. */
export function textOf(notice: Notice, { network, operator }: Sender): string {
  const { kind, severity, state, about, title, remedy, details, times, seconds } = notice;
  const subject = about === "" ? title : `${title}: ${about}`;
  if (state === "end") {
    return `🟢 Ballast keeper, ${network}: over: ${subject} (${kind}); ${Math.round(seconds)} s, ${times} time${times === 1 ? "" : "s"}`;
  }
  const lines = [
    `${SIGNS[severity]} Ballast keeper, ${network}: ${subject} (${kind})`,
    ...Object.entries(details).map(([name, value]) => `${name}: ${valueText(value)}`),
    `operator: ${operator}`,
    `To do: ${remedy}.`,
  ];
  return lines.join("\n").slice(0, MOST_TEXT);
}

const valueText = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value, bigintsAsText);
const bigintsAsText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);

/** Plain values only, so that it can be written as JSON. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, bigintsAsText));

/** @returns how a notice is posted to a target; the address of a chat holds a secret and is read once */
export function posting(
  target: AlertTarget,
  sender: Sender,
  environment: Readonly<Record<string, string | undefined>>,
): (notice: Notice) => Post {
  switch (target.format) {
    case "json": {
      const url = secretOf(target.url, environment);
      return (notice) => ({ url, body: plain({ ...sender, ...notice }) });
    }
    case "slack": {
      const url = secretOf(target.url, environment);
      return (notice) => ({ url, body: { text: textOf(notice, sender) } });
    }
    case "telegram": {
      const url = `${target.api}/bot${secretOf(target.token, environment)}/sendMessage`;
      return (notice) => ({
        url,
        body: { chat_id: target.chat, text: textOf(notice, sender), disable_web_page_preview: true },
      });
    }
  }
}
