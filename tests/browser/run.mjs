// Runs the browser tests: every test_*.mjs of this folder, each file on a fresh server.
//
//   node tests/browser/run.mjs [--server build/brusiod] [--only PART] [--mock] [--again]
//
// Without --server it takes build/brusiod where that is built, --mock takes the mock instead, and
// BRUSIO_URL names a server that runs already. --again gives a test that failed one more try, which
// counts; both are shown. Without Chromium or web/node_modules nothing can be
// tried: that is said, and counts as skipped.

import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const TEST_MS = 120_000;

function option(name) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? '' : (process.argv[at + 1] ?? '');
}

function chooseServer() {
  if (process.env.BRUSIO_URL || process.env.BRUSIOD || process.argv.includes('--mock')) return;
  const binary = option('server') || join(root, 'build', 'brusiod');
  if (option('server') && !existsSync(binary)) throw new Error(`there is no ${binary}`);
  if (existsSync(binary)) process.env.BRUSIOD = binary;
}

function missing() {
  if (!existsSync(process.env.CHROMIUM ?? '/usr/bin/chromium')) return 'Chromium is not installed (Debian: chromium)';
  if (!existsSync(join(root, 'web', 'node_modules', 'playwright-core'))) return 'web/node_modules is missing (make web)';
  if (!existsSync(join(root, 'web', 'dist', 'files.json'))) return 'web/dist is missing (make web)';
  return '';
}

// Checks that hold at the end of every test, whatever it was about.
async function breachesOf(suite) {
  const found = [...suite.problems];
  for (const context of suite.contexts) {
    for (const page of context.pages()) {
      const list = await page.evaluate(() => window.policyBreaches ?? []).catch(() => []);
      found.push(...list.map((breach) => `policy: ${breach}`));
    }
  }
  return found;
}

// A test is a function, or { run, needs }: `kill` for a server that can be killed and started again,
// `files` for one that takes files, `mock` for one that can be told to misbehave, `real` for
// one that is no mock, `firefox` for that and Firefox, `terminal` for the terminal client beside it, `push` for brusio-push beside it.
function cannotRun({ needs }, server) {
  const firefox = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
  if (needs === 'firefox' && !existsSync(firefox)) return 'Firefox is not installed (Debian: firefox-esr)';
  if (needs === 'firefox' && !(server.canBeKilled && server.takesFiles && !server.chat)) return 'this needs a real server that can be killed';
  if (needs === 'kill' && !server.canBeKilled) return 'this server cannot be killed';
  if (needs === 'terminal' && !(server.terminal && existsSync(server.terminal))) return 'there is no terminal client beside the server';
  if (needs === 'files' && !server.takesFiles) return 'this server takes no files';
  if (needs === 'push' && !server.pushes) return 'there is no brusio-push beside the server';
  if (needs === 'real' && server.chat) return 'the mock does not know this';
  if (needs === 'mock' && !server.chat) return 'only the mock can be told to do this';
  return '';
}

async function runTest(name, test, suite) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${TEST_MS / 1000} s`)), TEST_MS);
  });
  const start = Date.now();
  try {
    await Promise.race([test(suite), late]);
    const breaches = await breachesOf(suite);
    if (breaches.length) throw new Error(breaches.join('\n'));
    console.log(`ok      ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    console.log(`FAILED  ${name}\n${String(error.stack ?? error).replace(/^/gm, '        ')}`);
    if (process.env.BRUSIO_SHOTS) await shots(suite, name);
    return false;
  } finally {
    clearTimeout(timer);
    for (const context of suite.contexts) await context.close().catch(() => undefined);
    for (const client of suite.clients) client.close();
  }
}

async function shots(suite, name) {
  let n = 0;
  for (const context of suite.contexts) {
    for (const page of context.pages()) {
      const path = join(process.env.BRUSIO_SHOTS, `${name.replace(/\W+/g, '-')}-${n++}.png`);
      await page.screenshot({ path }).catch(() => undefined);
    }
  }
}

async function main() {
  const lacking = missing();
  if (lacking) {
    console.log(`browser tests left out: ${lacking}`);
    console.log('0 passed, 0 failed, 1 skipped');
    return 0;
  }
  chooseServer();
  const { startBrowser, startServer } = await import('./harness.mjs');
  const browser = await startBrowser();
  const count = { passed: 0, failed: 0, skipped: 0 };
  const only = option('only');
  for (const file of readdirSync(here).filter((name) => /^test_.*\.mjs$/.test(name))) {
    const { tests } = await import(join(here, file));
    const wanted = Object.entries(tests).filter(([name]) => `${file} ${name}`.includes(only));
    if (!wanted.length) continue;
    let server = await startServer();
    for (const [name, test] of wanted) {
      const why = cannotRun(test, server);
      if (why) {
        console.log(`skipped ${name}: ${why}`);
        count.skipped++;
        continue;
      }
      const attempt = () => runTest(name, test.run ?? test, { server, browser, contexts: [], clients: [], problems: [] });
      let passed = await attempt();
      if (!passed && process.argv.includes('--again')) {
        // The names of the first attempt are taken on its server.
        await server.stop();
        server = await startServer();
        passed = await attempt();
      }
      count[passed ? 'passed' : 'failed']++;
    }
    await server.stop();
  }
  await browser.close();
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  return count.failed ? 1 : 0;
}

main().then(
  (status) => process.exit(status),
  (error) => {
    console.error(`tests/browser/run.mjs: ${error.stack}`);
    process.exit(1);
  },
);
