// Texts of others, made harmless.

/** Control, format and unpaired characters. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu;

/** What keeps a value apart from the sentence that it stands in (FSI … PDI). */
const isolation = /^[\u2068\u2069]$/u;

/** Makes them visible, so that a text cannot disguise itself. @param {string} text */
export function visible(text) {
  return text.replace(unseen, shown);
}

/** The same for a sentence of ours with values in it. @param {string} text */
export function visibleSentence(text) {
  return text.replace(unseen, (character) => (isolation.test(character) ? character : shown(character)));
}

/** @param {string} character */
function shown(character) {
  const code = character.codePointAt(0) ?? 0;
  return `⟦U+${code.toString(16).toUpperCase().padStart(4, "0")}⟧`;
}
