import { effect } from '@preact/signals';
import { render } from 'preact';
import { browserEnvironment } from './app/browser.ts';
import { openClient } from './app/client.ts';
import { applySettings } from './app/preferences.ts';
import { App } from './views/app.tsx';
import { Here } from './views/here.ts';
import { language, loadText } from './text.ts';

const client = await openClient(browserEnvironment());
const { settings } = client.state;
await loadText(settings.peek().language, navigator.languages ?? [navigator.language]);
document.documentElement.lang = language();
effect(() => applySettings(settings.value, document.documentElement));
client.notifier.watchBadges(document);
render(
  <Here.Provider value={client}>
    <App />
  </Here.Provider>,
  document.getElementById('app')!,
);
void client.start();

// Only where the browser has them: on https and localhost.
if ('serviceWorker' in navigator) {
  navigator.serviceWorker.register('/sw.js').catch(() => undefined);
}
