// Which words of two texts are in one of them only.

/** @typedef {{ text: string, differs: boolean }} Piece */

/** How many pairs of words are compared. In longer texts all between the first and the last difference is one. */
const most = 250_000;

/**
 * Both texts, cut where they begin and end to differ.
 * @param {string} before
 * @param {string} after
 * @returns {[Piece[], Piece[]]}
 */
export function compared(before, after) {
  const [old, now] = [words(before), words(after)];
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  const [oldKept, nowKept] = common(old.slice(start, old.length - end), now.slice(start, now.length - end));
  /** @param {string[]} all @param {boolean[]} kept */
  const cut = (all, kept) =>
    joined(all.map((text, at) => ({ text, differs: at >= start && at < all.length - end && kept[at - start] !== true })));
  return [cut(old, oldKept), cut(now, nowKept)];
}

/** Words, spaces, and every other character by itself. @param {string} text */
function words(text) {
  return text.match(/[\p{L}\p{N}_]+|\s+|./gsu) ?? [];
}

/**
 * Which words of two lists belong to the longest list that is in both.
 * @param {string[]} one
 * @param {string[]} other
 * @returns {[boolean[], boolean[]]}
 */
function common(one, other) {
  /** @type {[boolean[], boolean[]]} */
  const kept = [one.map(() => false), other.map(() => false)];
  if (one.length * other.length > most) return kept;
  // How long that list is from a pair of places on.
  const long = [...one, ""].map(() => new Uint32Array(other.length + 1));
  /** @param {number} i @param {number} j */
  const from = (i, j) => long[i]?.[j] ?? 0;
  for (let i = one.length - 1; i >= 0; i -= 1) {
    const row = long[i];
    if (row === undefined) continue;
    for (let j = other.length - 1; j >= 0; j -= 1) {
      row[j] = one[i] === other[j] ? from(i + 1, j + 1) + 1 : Math.max(from(i + 1, j), from(i, j + 1));
    }
  }
  for (let i = 0, j = 0; i < one.length && j < other.length; ) {
    if (one[i] === other[j]) {
      kept[0][i] = true;
      kept[1][j] = true;
      i += 1;
      j += 1;
    } else if (from(i + 1, j) >= from(i, j + 1)) i += 1;
    else j += 1;
  }
  return kept;
}

/** Neighbours of the same kind as one. @param {Piece[]} pieces */
function joined(pieces) {
  /** @type {Piece[]} */
  const all = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (last?.differs === piece.differs) last.text += piece.text;
    else all.push({ ...piece });
  }
  return all;
}
