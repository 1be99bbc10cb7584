// The programs that have a part in a question: which one asks, which one waits for the answer, and whether they are the same.

import { bdi, byId, code, el, elSay, icon, isolated, sentenceOf, strong } from "../dom.js";
import { commandLine, differ, folded, place, visible, when, withoutStop } from "../format.js";
import * as ipc from "../ipc.js";
import { pieces, say, told } from "../messages.js";
import { badges, chain, processName } from "../programs.js";

/** @typedef {import("../types.js").QuestionView} QuestionView */
/** @typedef {import("../types.js").Sighting} Sighting */
/** @typedef {import("../types.js").Program} Program */
/** @typedef {import("../messages.js").Message} Message */

const who = {
  listener: byId("listener", HTMLElement),
  mismatch: byId("mismatch", HTMLElement),
  details: byId("detail-list", HTMLElement),
};

/** So much of a path that it takes two lines. All of it is in the details. @param {string} path @param {number} most */
function shortPath(path, most) {
  const node = code(folded(path, most));
  node.title = visible(path);
  return node;
}

/** The system has not said it in time, and may say it yet. @param {Sighting} sighting */
export function isLate(sighting) {
  return sighting.state === "cannot_tell" && sighting.why_said?.id === "why-late";
}

/** @param {QuestionView} question */
export function renderListener(question) {
  const { listener, destination } = question;
  /** @type {Node[]} */
  const lines = [];
  const target = destinationNode(question);

  if (destination.kind === "web") {
    lines.push(elSay("p", null, "answer-leaves", { host: target }));
  } else if (destination.kind === "private_scheme") {
    const opens = elSay("p", "opens", "answer-opens", { scheme: target });
    void nameHandler(opens, question.id, target);
    lines.push(opens);
  }

  if (listener.state === "seen") {
    lines.push(elSay("p", "card-label", "waits"));
    lines.push(el("p", "program-line", chain(listener)));
    lines.push(el("p", null, shortPath(listener.executable, 84)));
    if (listener.script !== null) {
      lines.push(elSay("p", "place", "runs-script", { script: shortPath(listener.script, 72) }));
    }
    if (destination.kind === "loopback") {
      lines.push(elSay("p", "place", "on-place", { place: target }));
    }
    lines.push(...badges(listener));
  } else if (listener.state === "cannot_tell" && (destination.kind === "loopback" || destination.kind === "fetched")) {
    lines.push(elSay("p", null, "cannot-tell-listener", { why: isolated(withoutStop(told(listener.why_said, listener.why))) }));
  } else if (destination.kind === "loopback") {
    lines.push(
      destination.port === null
        ? elSay("p", null, "nobody-waiting")
        : elSay("p", null, "nobody-on-port", { port: String(destination.port) }),
      elSay("p", "quiet", "nobody-how"),
    );
  }
  if (destination.kind === "loopback" && listener.state !== "seen") {
    lines.push(elSay("p", "place quiet", "answer-goes-to", { place: target }));
  }

  const look =
    destination.kind === "web"
      ? /** @type {const} */ (["card warning", "leaves"])
      : listener.state === "seen"
        ? /** @type {const} */ (["card", "program"])
        : listener.state === "cannot_tell"
          ? /** @type {const} */ (["card note", "unknown"])
          : /** @type {const} */ (["card note", destination.kind === "loopback" ? "nobody" : "leaves"]);
  who.listener.className = look[0];
  who.listener.replaceChildren(icon(look[1]), el("div", null, ...lines));
}

/** Names the program that the answer opens, once the desktop has said which. @param {HTMLElement} line @param {number} id @param {Node} scheme */
async function nameHandler(line, id, scheme) {
  const handler = await ipc.consentHandler(id).catch(() => null);
  if (handler === null) return;
  const [name, started] = handler;
  line.replaceChildren(...pieces("answer-opens-known", { program: strong(name), scheme }), shortPath(started, 84));
}

/** @param {QuestionView} question */
function destinationNode({ destination }) {
  if (destination.kind === "loopback") {
    return code(place(destination.host, destination.port), "destination");
  }
  if (destination.kind === "fetched") return el("span", null);
  const node = strong(destination.kind === "web" ? destination.host : `${destination.scheme}:`);
  node.id = "destination";
  return node;
}

/** What speaks against it. @param {QuestionView} question @param {boolean} mismatch */
export function renderMismatch({ listener, registrant, known_as: known, looks_like: like }, mismatch) {
  const lines = [];
  if (mismatch && listener.state === "seen" && registrant.state === "seen") {
    const alike = listener.name === registrant.name;
    lines.push(
      elSay("p", null, "other-program", {
        listener: programWord(listener, alike),
        registrant: programWord(registrant, alike),
      }),
    );
  }
  if (known !== null) lines.push(elSay("p", null, "known-as", { program: code(folded(known)) }));
  if (like !== null) lines.push(elSay("p", null, "looks-like", { name: strong(like) }));
  who.mismatch.hidden = lines.length === 0;
  who.mismatch.replaceChildren(...(lines.length > 0 ? [icon("warning"), el("div", null, ...lines)] : []));
}

/**
 * The name of a program, or enough of it to tell it from another of the same name.
 * @param {Program} program
 * @param {boolean} exact
 */
function programWord(program, exact) {
  if (!exact) return strong(program.name);
  return program.script === null
    ? code(folded(program.executable))
    : elSay("span", null, "other-script", {
        name: strong(program.name),
        script: code(folded(program.script)),
      });
}

/**
 * @param {HTMLElement} row
 * @param {Sighting} sighting
 * @param {Sighting | null} beside a program that is shown in full already
 */
export function renderRow(row, sighting, beside) {
  if (sighting.state === "nobody") {
    row.replaceChildren(elSay("span", "quiet", "nobody-seen"));
  } else if (sighting.state === "cannot_tell") {
    row.replaceChildren(
      elSay("span", "quiet", "cannot-tell", { why: isolated(withoutStop(told(sighting.why_said, sighting.why))) }),
    );
  } else if (beside?.state === "seen" && beside.pid === sighting.pid && !differ(beside, sighting)) {
    row.replaceChildren(...pieces("same-program", { process: processName(sighting) }));
  } else {
    row.replaceChildren(chain(sighting));
    if (beside !== null && differ(beside, sighting)) {
      row.append(code(folded(sighting.executable)));
      if (sighting.script !== null) row.append(code(folded(sighting.script)));
    }
  }
}

/** @type {Record<import("../types.js").LeadsTo, Message>} */
const leadsTo = { home: "link-home", policy: "link-policy", terms: "link-terms" };

/** The pages of the client's maker, each with its host. @param {QuestionView} question */
function links({ id, links }) {
  if (links.length === 0) return [];
  const buttons = links.map(({ to, host }) => {
    const button = elSay("button", "small link", leadsTo[to], { host: bdi(host) });
    button.type = "button";
    button.addEventListener("click", () => {
      void ipc.consentOpen(id, to).catch((reason) => {
        button.textContent = sentenceOf(reason);
      });
    });
    return button;
  });
  return [detail("detail-links", ...buttons)];
}

/** @param {QuestionView} question */
export function renderDetails(question) {
  who.details.replaceChildren(
    ...links(question),
    detail("detail-client", code(question.client_id)),
    detail("detail-redirect", code(question.redirect_uri)),
    detail(
      "detail-scopes",
      question.scopes.length > 0 ? code(question.scopes.join(" ")) : say("detail-scopes-none"),
    ),
    ...programDetails("detail-listener", question.listener),
    ...programDetails("detail-registrant", question.registrant),
    ...programDetails("detail-requester", question.requester),
  );
}

/**
 * @param {Message} label
 * @param {...(string | Node)} values
 */
function detail(label, ...values) {
  return el("div", null, elSay("dt", null, label), ...values.map((value) => el("dd", null, value)));
}

/** @param {Message} label @param {Sighting} sighting */
function programDetails(label, sighting) {
  if (sighting.state !== "seen") return [];
  const started = elSay("span", null, "detail-started", {
    chain: chain(sighting, { whole: true }),
    when: when(sighting.started),
  });
  /** @type {Node[]} */
  const values = [started, code(sighting.executable)];
  if (sighting.script !== null) values.push(labelled("detail-script", code(sighting.script)));
  values.push(labelled("detail-command", code(commandLine(sighting.arguments))));
  return [detail(label, ...values)];
}

/** @param {Message} label @param {Node} value */
function labelled(label, value) {
  return el("div", null, elSay("span", "detail-label", label), value);
}
