// Colours for code, in a file of its own that is loaded with the first block of code that names its
// language. One small scanner serves all languages; they differ in words, comments and strings.

export type Kind = '' | 'comment' | 'string' | 'number' | 'keyword' | 'name' | 'added' | 'removed';

export interface Part {
  kind: Kind;
  text: string;
}

interface Language {
  keywords: string;
  comment: RegExp | null;
  strings: RegExp;
  // Words that stand for themselves in any case, as in SQL.
  anyCase?: boolean;
}

const slashes = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y;
const hashes = /#[^\n]*/y;
const quotes = /"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?/y;
const backquotes = /"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|`(?:\\[\s\S]|[^`\\])*`?/y;
const long = /(?:[rbf]{0,2})(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?)/iy;
const doubled = /"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\.|[^'\\\n])'/y;

const c =
  'auto break case char const continue default do double else enum extern float for goto if inline int long register restrict return short ' +
  'signed sizeof static struct switch typedef union unsigned void volatile while bool true false NULL size_t uint8_t uint32_t uint64_t int64_t';
const js =
  'async await break case catch class const continue default delete do else export extends false finally for from function if import in ' +
  'instanceof interface let new null of return static super switch this throw true try type typeof undefined var void while yield';

const languages: Record<string, Language> = {
  c: { keywords: c, comment: slashes, strings: quotes },
  cpp: { keywords: `${c} class namespace template typename public private protected virtual override new delete this nullptr using try catch throw constexpr`, comment: slashes, strings: quotes },
  js: { keywords: js, comment: slashes, strings: backquotes },
  ts: { keywords: `${js} any as boolean declare enum implements keyof never number private protected public readonly string unknown`, comment: slashes, strings: backquotes },
  java: { keywords: `${js} abstract boolean byte char double final float implements int long package private protected public short synchronized throws void`, comment: slashes, strings: quotes },
  go: { keywords: 'break case chan const continue default defer else false for func go goto if import interface map nil package range return select struct switch true type var string int error bool byte', comment: slashes, strings: backquotes },
  rust: { keywords: 'as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while', comment: slashes, strings: doubled },
  python: { keywords: 'and as assert async await break class continue def del elif else except False finally for from global if import in is lambda None nonlocal not or pass raise return True try while with yield self', comment: hashes, strings: long },
  ruby: { keywords: 'alias and begin break case class def do else elsif end ensure false for if in module next nil not or redo rescue retry return self super then true undef unless until when while yield', comment: hashes, strings: quotes },
  sh: { keywords: 'case do done elif else esac export fi for function if in local readonly return set shift then trap until while exit cd echo', comment: /(?<=^|\s)#[^\n]*/my, strings: quotes },
  sql: { keywords: 'add all alter and as asc begin between by case check commit create default delete desc distinct drop else end exists foreign from full group having in index inner insert into is join key left like limit not null on or order outer primary references right rollback select set table then union unique update values view when where with', comment: /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y, strings: /'(?:''|[^'])*'?|"[^"\n]*"?/y, anyCase: true },
  json: { keywords: 'true false null', comment: null, strings: quotes },
  yaml: { keywords: 'true false null yes no', comment: hashes, strings: quotes },
  css: { keywords: 'important media supports keyframes import', comment: /\/\*[\s\S]*?(?:\*\/|$)/y, strings: quotes },
  html: { keywords: '', comment: /<!--[\s\S]*?(?:-->|$)/y, strings: quotes },
  make: { keywords: 'ifeq ifneq ifdef ifndef else endif include define endef export', comment: hashes, strings: quotes },
};

const others: Record<string, string> = {
  h: 'c', 'c++': 'cpp', cc: 'cpp', hpp: 'cpp', cxx: 'cpp', javascript: 'js', jsx: 'js', mjs: 'js', typescript: 'ts', tsx: 'ts', kotlin: 'java', kt: 'java',
  'c#': 'java', cs: 'java', swift: 'java', golang: 'go', rs: 'rust', py: 'python', python3: 'python', rb: 'ruby', bash: 'sh', shell: 'sh', zsh: 'sh',
  console: 'sh', yml: 'yaml', toml: 'yaml', ini: 'yaml', conf: 'yaml', scss: 'css', xml: 'html', svg: 'html', vue: 'html', makefile: 'make', mysql: 'sql',
  postgresql: 'sql', sqlite: 'sql',
};

const number = /0[xX][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /[\p{L}_$@][\p{L}\p{N}_$]*/uy;
const tag = /<\/?[\w:-]+|\/?>/y;

function matchAt(pattern: RegExp | null, text: string, at: number): string {
  if (!pattern) return '';
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

// Additions and removals, whole lines.
function diff(text: string): Part[] {
  return text.split(/(?<=\n)/).map((line) => ({
    kind: line.startsWith('+') ? 'added' : line.startsWith('-') ? 'removed' : line.startsWith('@@') ? 'comment' : '',
    text: line,
  }));
}

// Null for a language that is not known.
export function highlight(text: string, name: string): Part[] | null {
  const lower = name.toLowerCase();
  if (lower === 'diff' || lower === 'patch') return diff(text);
  const key = others[lower] ?? lower;
  const language = Object.hasOwn(languages, key) ? languages[key] : undefined;
  if (!language) return null;
  const words = new Set(language.keywords.split(' '));
  const parts: Part[] = [];
  const add = (kind: Kind, part: string) => {
    const last = parts.at(-1);
    if (last?.kind === kind) last.text += part;
    else parts.push({ kind, text: part });
  };
  for (let at = 0; at < text.length; ) {
    let kind: Kind = 'comment';
    let found = matchAt(language.comment, text, at);
    if (!found && key === 'html') [kind, found] = ['keyword', matchAt(tag, text, at)];
    if (!found) [kind, found] = ['string', matchAt(language.strings, text, at)];
    if (!found) [kind, found] = ['number', matchAt(number, text, at)];
    if (!found) {
      found = matchAt(word, text, at);
      if (words.has(language.anyCase ? found.toLowerCase() : found)) kind = 'keyword';
      else kind = found && text[at + found.length] === '(' ? 'name' : '';
    }
    if (!found) [kind, found] = ['', text[at]!];
    add(kind, found);
    at += found.length;
  }
  return parts;
}
