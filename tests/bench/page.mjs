// One reply of the Search Console API, as large as one gets: rows that look like a real site's, the same
// in every run.

const words =
  'yoga kurs anfänger hafen berlin preise öffnungszeiten schwangerschaft rücken online lehrer ausbildung café kinderyoga zürich'.split(
    ' ',
  );
const rare = [
  'ヨガ 教室',
  'йога для начинающих',
  'يوغا',
  '"power yoga"',
  'yoga & pilates',
  '🧘 meditation',
  'ü40\\50',
];
const sections = ['kurse', 'blog', 'lehrer', 'preise', 'workshops/2026', 'en/classes'];

function* randoms(seed) {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** @returns {string} as Google writes it without prettyPrint, `<`, `>` and `&` escaped */
export function searchConsolePage(rowCount) {
  const random = randoms(7);
  const next = () => random.next().value;
  const pick = (list) => list[Math.floor(next() * list.length)];
  const row = (_, i) => {
    const query =
      next() < 0.1
        ? `${pick(rare)} ${i}`
        : Array.from({ length: 2 + next() * 4 }, () => pick(words)).join(' ');
    const page = `https://www.harbor-yoga.example/${pick(sections)}/${pick(words)}-${pick(words)}-${i}/${next() < 0.2 ? '?utm_source=google&utm_medium=organic' : ''}`;
    const impressions = 1 + Math.floor(next() ** 4 * 5000);
    const clicks = Math.floor(next() ** 3 * impressions * 0.3);
    return { keys: [query, page], clicks, impressions, ctr: clicks / impressions, position: 1 + next() * 60 };
  };
  const rows = Array.from({ length: rowCount }, row);
  const text = JSON.stringify({ rows, responseAggregationType: 'byPage' });
  return text.replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
}
