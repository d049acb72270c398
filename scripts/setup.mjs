// Makes a fresh clone ready, on a machine with nothing but node (18 or newer) and npm. Runs before `npm start`,
// `npm test`, `npm run demo` and `npm run bench`; says nothing and takes no time when there is nothing to do.
//
//   node scripts/setup.mjs [odoo] [chromium] [examples]
//
// Always: the packages of package-lock.json, Node 24 among them (npm scripts then run on it, see README).
// odoo: what scripts/odoo-lab.sh needs to fetch and run a real Odoo (the lab itself downloads when it is used).
// chromium: a browser for the tests of the pages.
// examples: what runs the example apps of the integration guide, in Python and in PHP; their tests are skipped without it.
// Only plain JavaScript and Node's own modules: nothing else is here yet when it runs.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.setup-stamp');
const IS_ROOT = process.getuid?.() === 0;
// The machine's own programs only: `npm ci` deletes node_modules, and the node in it, while it runs.
const PATH = process.env.PATH.split(delimiter).filter((folder) => !folder.includes('node_modules'));
const ENV = { ...process.env, PATH: PATH.join(delimiter) };

function say(message) {
  process.stderr.write(`[setup] ${message}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}

function has(program) {
  return PATH.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs a program with its output on our stderr: stdout belongs to the command that follows. */
function run(program, args, options = {}) {
  const { status } = spawnSync(program, args, { cwd: ROOT, env: ENV, stdio: ['ignore', 2, 2], ...options });
  return status === 0;
}

function installPackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  const node = join(MODULES, '.bin', 'node');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted && existsSync(node)) return;
  say('installing the packages of package-lock.json (npm ci) …');
  if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'])) {
    fail('npm ci failed: see above. It needs the network once.');
  }
  const version = existsSync(node) ? execFileSync(node, ['--version'], { encoding: 'utf8' }).trim() : 'none';
  if (!version.startsWith('v24.')) {
    fail(
      `Node 24 did not arrive (found: ${version}). Allow install scripts (npm config get ignore-scripts), try again.`,
    );
  }
  writeFileSync(STAMP, wanted);
}

/** Installs Debian packages as root; anybody else is told the command. Returns whether all is there now. */
function aptInstall(packages, why) {
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!has('apt-get')) {
    say(`${why}: not found, and there is no apt-get here. Install by hand: ${packages.join(' ')}`);
    return false;
  }
  if (!IS_ROOT) {
    say(`${why}: not found. Run once: sudo ${command}`);
    return false;
  }
  say(`${why}: installing ${packages.join(' ')} …`);
  const env = { ...ENV, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = { env, stdio: ['ignore', 'ignore', 2] };
  run('apt-get', ['-qq', 'update'], quiet);
  if (run('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', ...packages], quiet)) return true;
  say(`${why}: that failed, see above.`);
  return false;
}

function prepareOdoo() {
  if (process.env.ODOO_URL) return; // a server is named: no lab is needed
  if (!has('apt-get')) {
    say('no real Odoo: the lab needs Debian (apt-get). The simulator serves; name a real server with ODOO_URL.');
    return;
  }
  const missing = [];
  if (!existsSync('/usr/bin/python3')) missing.push('python3');
  if (!existsSync('/usr/share/keyrings/debian-archive-keyring.gpg')) missing.push('debian-archive-keyring');
  if (!existsSync('/etc/ssl/certs/ca-certificates.crt')) missing.push('ca-certificates');
  if (!has('curl')) missing.push('curl');
  if (!has('setpriv')) missing.push('util-linux');
  if (missing.length > 0) aptInstall(missing, 'the Odoo lab');
}

function prepareChromium() {
  if (['chromium', 'chromium-browser', 'google-chrome'].some(has)) return;
  aptInstall(['chromium'], 'a browser for the tests of the pages');
}

function prepareExamples() {
  const works = (program, args) => spawnSync(program, args, { env: ENV, stdio: 'ignore' }).status === 0;
  const missing = [];
  const fastapi = ['-c', 'import fastapi, uvicorn'];
  if (!works('python3', fastapi) && !works('/usr/bin/python3', fastapi)) {
    missing.push('python3-fastapi', 'python3-uvicorn');
  }
  if (!works('php', ['-r', 'exit(extension_loaded("pdo_sqlite") ? 0 : 1);'])) missing.push('php-cli', 'php-sqlite3');
  if (missing.length > 0) aptInstall(missing, 'the example apps');
}

const TASKS = { odoo: prepareOdoo, chromium: prepareChromium, examples: prepareExamples };
const words = process.argv.slice(2);
const unknown = words.filter((word) => !(word in TASKS));
if (unknown.length > 0) fail(`unknown word: ${unknown.join(' ')} (known: ${Object.keys(TASKS).join(', ')})`);
if (Number.parseInt(process.versions.node, 10) < 18) fail(`node ${process.version} is too old: 18 or newer is needed.`);
installPackages();
for (const word of words) TASKS[word]();
