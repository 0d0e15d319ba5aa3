import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import en from 'virtual:lang/en';
import it from 'virtual:lang/it';
import { commands } from '../src/model/commands.ts';
import { emojiGroups } from '../src/model/emoji.ts';

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

test('every command and every group of emoji is described', () => {
  for (const { name } of commands) assert.ok(en[`cmd.${name}`], name);
  for (const { group } of emojiGroups) assert.ok(en[`emoji.${group}`], group);
});
