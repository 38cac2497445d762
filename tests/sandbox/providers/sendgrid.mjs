// SendGrid: daily totals moved in time so that the newest recorded day is yesterday, mail that is taken as
// strictly as SendGrid takes it, and deliveries: signed events and inbound mail.
// https://www.twilio.com/docs/sendgrid/api-reference
import { createPrivateKey, randomBytes, sign } from 'node:crypto';

import { dayOf, fixturesOf } from '../fixtures.mjs';

const readFixture = fixturesOf('sendgrid');

const DAY = 86_400_000;
const NEWEST_RECORDED = Date.parse('2026-11-22');
const LONGEST_WINDOW_DAYS = 366;

const errors = (status, message, field = null) => ({
  status,
  body: { errors: [{ message, field, help: null }] },
});

export const origins = ['https://api.sendgrid.com', 'https://api.eu.sendgrid.com'];
export const accountsOf = ({ sendgrid }) => [
  { key: sendgrid?.api_key, signingKey: sendgrid?.sandbox_signing_key },
];
export const wrongKey = () => errors(401, 'The provided authorization grant is invalid, expired, or revoked');

const limited = (secs) => ({
  ...errors(429, 'too many requests'),
  headers: { 'x-ratelimit-limit': '500', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(secs) },
});

export const faults = {
  401: wrongKey,
  403: () => errors(403, 'access forbidden'),
  404: () => errors(404, 'Not Found'),
  429: () => limited(2),
  '429_retry_after': (_, { retry_after = 30 }) => limited(retry_after),
  500: () => errors(500, 'Internal Server Error'),
  wrong_type: ({ body }) => ({
    status: 200,
    // Taken mail is answered with nothing, which can have no other type.
    body: Array.isArray(body)
      ? body.map((day) => ({ ...day, stats: [{ metrics: { requests: 'many' } }] }))
      : { errors: 7 },
  }),
};

// account: {signingKey: base64 of PKCS#8, empty?}
export function answer(account, { method, path, query, body, nowMs = Date.now() }) {
  if (path === '/v3/stats' && method === 'GET') return stats(account, query, nowMs);
  if (path === '/v3/mail/send' && method === 'POST') return take(account, body);
  return faults[404]();
}

function stats(account, query, nowMs) {
  const [start, end] = [query.get('start_date'), query.get('end_date') ?? dayOf(nowMs)];
  const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text ?? '') && !Number.isNaN(Date.parse(text));
  if (!isDay(start)) return errors(400, 'start_date is required', 'start_date');
  if (!isDay(end) || end < start) return errors(400, 'end_date should not be before start_date', 'end_date');
  if (!['day', null].includes(query.get('aggregated_by'))) return errors(400, 'bad value', 'aggregated_by');
  const length = (Date.parse(end) - Date.parse(start)) / DAY + 1;
  if (length > LONGEST_WINDOW_DAYS) return errors(400, 'the window is too long', 'end_date');
  const recorded = account.empty ? new Map() : recordedDays(nowMs);
  const zeros = Object.fromEntries(
    Object.keys(readFixture('stats_week.built.json')[0].stats[0].metrics).map((name) => [name, 0]),
  );
  const days = Array.from({ length }, (_, i) => dayOf(Date.parse(start) + i * DAY));
  return {
    status: 200,
    body: days.map((date) => ({ date, stats: [{ metrics: recorded.get(date) ?? zeros }] })),
  };
}

function recordedDays(nowMs) {
  const moved = Date.parse(dayOf(nowMs - DAY)) - NEWEST_RECORDED;
  return new Map(
    readFixture('stats_week.built.json').map(({ date, stats: [{ metrics }] }) => [
      dayOf(Date.parse(date) + moved),
      metrics,
    ]),
  );
}

const MEMBERS = ['personalizations', 'from', 'reply_to', 'subject', 'content', 'headers'];
const PERSON = ['to', 'cc', 'subject', 'custom_args'];
const RESERVED =
  /^(x-sg-id|x-sg-eid|received|dkim-signature|content-type|content-transfer-encoding|to|from|subject|reply-to|cc|bcc)$/i;
const isAddress = (text) => /^[^\s@<>",]+@[^\s@<>",]+\.[^\s@<>",]+$/.test(text ?? '');
const hasLineEnd = (text) => /[\r\n]/.test(text ?? '');

// The first thing that SendGrid would refuse: [message, field].
function problemOf(mail) {
  const unknown = Object.keys(mail).find((name) => !MEMBERS.includes(name));
  if (unknown) return ['Invalid json parameter.', unknown];
  const people = mail.personalizations;
  if (!Array.isArray(people) || people.length === 0 || people.length > 1000)
    return [
      'The personalizations field is required and must have at least one personalization.',
      'personalizations',
    ];
  for (const [i, person] of people.entries()) {
    const problem = problemOfPerson(person, `personalizations.${i}`);
    if (problem) return problem;
  }
  if (!isAddress(mail.from?.email)) return ['The from email does not contain a valid address.', 'from.email'];
  if (mail.reply_to && !isAddress(mail.reply_to.email))
    return ['The reply_to email does not contain a valid address.', 'reply_to.email'];
  if (mail.reply_to && mail.reply_to.email.indexOf('@') > 64)
    return ['The reply_to email is too long.', 'reply_to.email'];
  if (typeof mail.subject !== 'string' || mail.subject === '' || hasLineEnd(mail.subject))
    return ['The subject is required.', 'subject'];
  const types = (mail.content ?? []).map(({ type }) => type);
  if (!['text/plain', 'text/plain,text/html'].includes(types.join()))
    return ["The content value must be a string; 'text/plain' must come first.", 'content'];
  if (mail.content.some(({ value }) => typeof value !== 'string' || value === ''))
    return ['The content value must be a string at least one character in length.', 'content.0.value'];
  const header = Object.entries(mail.headers ?? {}).find(
    ([name, value]) => RESERVED.test(name) || typeof value !== 'string' || hasLineEnd(value),
  );
  return header ? ['The header is reserved or malformed.', `headers.${header[0]}`] : null;
}

function problemOfPerson(person, field) {
  const unknown = Object.keys(person).find((name) => !PERSON.includes(name));
  if (unknown) return ['Invalid json parameter.', `${field}.${unknown}`];
  const all = [...(person.to ?? []), ...(person.cc ?? [])];
  if ((person.to ?? []).length === 0)
    return ['The to array is required for all personalization objects.', field];
  // Of a name with one of these SendGrid takes a part for an address.
  const bad = all.find(({ email, name }) => !isAddress(email) || hasLineEnd(name) || /[,;]/.test(name ?? ''));
  if (bad) return ['Does not contain a valid address.', `${field}.to`];
  if (new Set(all.map(({ email }) => email.toLowerCase())).size !== all.length)
    return [
      'Each email address in the personalization block should be unique between to, cc, and bcc.',
      field,
    ];
  const args = Object.values(person.custom_args ?? {});
  if (args.some((value) => typeof value !== 'string') || args.join('').length > 10_000)
    return ['Custom arguments must be strings.', `${field}.custom_args`];
  return null;
}

function take(account, body) {
  const problem = body && typeof body === 'object' ? problemOf(body) : ['Bad Request', null];
  if (problem) return errors(400, ...problem);
  const id = randomBytes(16).toString('base64url');
  (account.sent ??= []).push({ id, mail: body });
  return { status: 202, body: '', headers: { 'x-message-id': id } };
}

// What happens at SendGrid: events of mail, or mail that came in. Gives the statuses of the receiver.
async function deliver(account, { kind, ...what }) {
  if (kind === 'sent') return { sent: account.sent ?? [] };
  if (kind === 'events') return { statuses: await deliverEvents(account, what) };
  return { statuses: await deliverMail(what) };
}
export const steering = { '/deliver': deliver };

// Signed as SendGrid signs: time and bytes without a mark between them; events on lines of their own.
function signedEvents(signingKey, events, at = Math.floor(Date.now() / 1000)) {
  const body = `[${events.map((event) => JSON.stringify(event)).join(',\r\n')}]\r\n`;
  const key = createPrivateKey({ key: Buffer.from(signingKey, 'base64'), format: 'der', type: 'pkcs8' });
  const signature = sign('sha256', Buffer.from(`${at}${body}`), key).toString('base64');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'SendGrid Event API',
      'x-twilio-email-event-webhook-signature': signature,
      'x-twilio-email-event-webhook-timestamp': String(at),
    },
  };
}

async function post(url, { body, headers }) {
  const target = new URL(url);
  const { username, password } = target;
  target.username = target.password = '';
  const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  const authorization = password ? { authorization: `Basic ${basic.toString('base64')}` } : {};
  const reply = await fetch(target, {
    method: 'POST',
    headers: { ...headers, ...authorization },
    body,
    redirect: 'manual',
  });
  await reply.arrayBuffer();
  return reply.status;
}

const deliverEvents = ({ signingKey }, { url, events, copies = 1, at }) =>
  Promise.all(Array.from({ length: copies }, () => post(url, signedEvents(signingKey, events, at))));

// fields: {name: text}; files: [{name, type, text}]
function deliverMail({ url, fields, files = [], copies = 1 }) {
  const boundary = 'xYzZY';
  const part = (disposition, value, type = '') =>
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n${type}\r\n${value}\r\n`;
  const body = [
    ...Object.entries(fields).map(([name, value]) => part(`name="${name}"`, value)),
    ...files.map(({ name, type, text }, i) =>
      part(`name="attachment${i + 1}"; filename="${name}"`, text, `Content-Type: ${type}\r\n`),
    ),
    `--${boundary}--\r\n`,
  ].join('');
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, 'user-agent': 'SendGrid' };
  return Promise.all(Array.from({ length: copies }, () => post(url, { body, headers })));
}
