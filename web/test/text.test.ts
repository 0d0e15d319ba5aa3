import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import en from 'virtual:lang/en';
import it from 'virtual:lang/it';
import { commands } from '../src/model/commands.ts';
import { loadEmoji } from '../src/model/emoji.ts';
import { italian } from '../src/model/emoji-it.ts';
import { loadLaterText, loadText, t, tn } from '../src/text.ts';

const source = join(process.cwd(), 'src');

function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!).sort();
}

function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => (entry.isDirectory() ? sources(join(folder, entry.name)) : readFileSync(join(folder, entry.name), 'utf8')))
    .join('\n');
}

test('both languages have every key, with the same placeholders', () => {
  assert.deepEqual(Object.keys(it).sort(), Object.keys(en).sort());
  // `.one` may leave its number out.
  const named = (text: string, key: string) => placeholders(text).filter((name) => name !== 'n' || !key.endsWith('.one'));
  for (const key of Object.keys(en)) assert.deepEqual(named(it[key]!, key), named(en[key]!, key), key);
});

test('every text that the source names is there', () => {
  const all = sources(source);
  for (const [, key] of all.matchAll(/\bt\('([a-z0-9_.]+)'/g)) assert.ok(en[key!] !== undefined, key!);
  for (const [, key] of all.matchAll(/\btn\('([a-z0-9_.]+)'/g)) {
    assert.ok(en[`${key}.one`] !== undefined && en[`${key}.other`] !== undefined, key!);
  }
});

test('every command and every group of emoji is described, every emoji in both languages', async () => {
  for (const { name } of commands) assert.ok(en[`cmd.${name}`], name);
  const groups = await loadEmoji();
  for (const { group } of groups) assert.ok(en[`emoji.${group}`], group);
  for (const { name } of groups.flatMap(({ list }) => list)) assert.ok(italian.get(name), name);
});

test('the language is the chosen one, or the first that there is', async () => {
  await loadText('auto', ['de-DE', 'it-CH', 'en']);
  assert.equal(t('cancel'), 'Annulla');
  assert.equal(t('help.keys'), 'help.keys', 'the second part comes later');
  await loadLaterText();
  assert.equal(t('help.keys'), 'Tastiera');
  assert.equal(tn('log.new_below', 1), '1 nuovo messaggio');
  assert.equal(tn('log.new_below', 1_000_000), "1'000'000 nuovi messaggi", 'a form that the catalogue does not have');
  await loadText('auto', ['it-IT']);
  assert.equal(tn('people.count', 1234), '1.234 persone', 'also where Italian leaves the point out');
  await loadText('en', ['it-IT']);
  assert.equal(t('cancel'), 'Cancel');
});

test('what the page begins with does not wait for the second part of its texts', async () => {
  const first = await import('virtual:lang/en/first');
  const begins = ['app', 'beginning', 'composer', 'log', 'message', 'parts', 'rich-text', 'room', 'sidebar', 'sign-in', 'switcher'];
  const all = begins.map((name) => readFileSync(join(source, 'views', `${name}.tsx`), 'utf8')).join('\n') + sources(join(source, 'app'));
  for (const [, key] of all.matchAll(/\bt\('([a-z0-9_.]+)'/g)) assert.ok(first.default[key!] !== undefined, key!);
});
