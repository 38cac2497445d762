// What a replay found, added up table by table: a summary of any number of objects takes the same room.

const FATES = ['new', 'changed', 'same', 'refused', 'tied'];
const MOST_PROBLEMS = 100;

export class Summary {
  objects = 0;
  absent = 0;
  written = 0;
  stale = 0;
  receipts = {};
  problems = [];
  problem_count = 0;
  #tables = new Map();

  constructor(examples) {
    this.examples = examples;
  }

  add({ tables, stale, applied }) {
    this.objects++;
    this.stale += stale;
    this.written += applied?.written ?? 0;
    if (applied?.receipt) this.receipts[applied.receipt] = (this.receipts[applied.receipt] ?? 0) + 1;
    for (const table of tables) this.#addTable(table);
  }

  #addTable({ table, columns, examples, ...fates }) {
    const empty = { table, ...Object.fromEntries(FATES.map((fate) => [fate, 0])), columns: {}, examples: [] };
    const total = this.#tables.get(table) ?? empty;
    this.#tables.set(table, total);
    for (const fate of FATES) total[fate] += fates[fate];
    for (const [name, times] of Object.entries(columns))
      total.columns[name] = (total.columns[name] ?? 0) + times;
    total.examples.push(...examples.slice(0, this.examples - total.examples.length));
  }

  addProblem(object_key, message) {
    this.problem_count++;
    if (this.problems.length < MOST_PROBLEMS) this.problems.push({ object_key, message });
  }

  get tables() {
    return [...this.#tables.values()].sort((a, b) => a.table.localeCompare(b.table));
  }

  total(fate) {
    return this.tables.reduce((sum, table) => sum + table[fate], 0);
  }

  toJson(applied) {
    const { objects, absent, written, stale, receipts, problems, problem_count, tables } = this;
    return { applied, objects, absent, written, stale, receipts, problem_count, problems, tables };
  }

  toText(applied) {
    const lines = this.tables.length > 0 ? this.#table() : [];
    for (const table of this.tables) lines.push(...changesOf(table));
    const counts = FATES.map((fate) => `${this.total(fate)} ${fate}`).join(', ');
    const absent = this.absent > 0 ? `, ${this.absent} pages without an object` : '';
    const stale = this.stale > 0 ? `, ${this.stale} objects to be asked for again` : '';
    const end = applied ? `${this.written} rows written` : 'nothing written (--apply writes)';
    lines.push(
      `${this.objects} objects read, ${this.problem_count} not${absent}; rows: ${counts}${stale}; ${end}`,
    );
    return lines.join('\n');
  }

  #table() {
    const rows = [
      ['table', ...FATES],
      ...this.tables.map((table) => [table.table, ...FATES.map((fate) => String(table[fate]))]),
    ];
    const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    return rows.map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
    );
  }
}

function changesOf({ table, columns, examples }) {
  if (Object.keys(columns).length === 0) return [];
  const often = Object.entries(columns).sort(([, a], [, b]) => b - a);
  const lines = [`\n${table}: ${often.map(([name, times]) => `${name} (${times})`).join(', ')}`];
  for (const { key, columns: changed } of examples) {
    lines.push(`  ${Object.values(key).join(' ')}`);
    for (const [name, { stored, replayed }] of Object.entries(changed))
      lines.push(`    ${name}: ${shown(stored)} -> ${shown(replayed)}`);
  }
  return lines;
}

const shown = (value) => {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};
