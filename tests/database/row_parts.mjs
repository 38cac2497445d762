// What the rows of rows/ are made of.
export const at = '2026-11-23T12:00:00Z';
export const day = '2026-11-22';
export const table = (row, change) => ({ row: (id) => ({ source_at: at, ...row(id) }), change });
export const digits = (id) =>
  String([...id].reduce((sum, letter) => sum * 31n + BigInt(letter.charCodeAt(0)), 0n));
