import { render } from 'preact';
import { boot } from './app/session.ts';
import { App } from './views/app.tsx';
import { language } from './text.ts';

document.documentElement.lang = language;
render(<App />, document.getElementById('app')!);
void boot();

// Only where the browser has them: on https and localhost.
if ('serviceWorker' in navigator) {
  navigator.serviceWorker.register('/sw.js').catch(() => undefined);
}
