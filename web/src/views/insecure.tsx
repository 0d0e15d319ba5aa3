// The way in where passwords are not taken over this connection.

import type { ServerFacts } from '../model/protocol.ts';
import { t } from '../text.ts';

// Leads to the encrypted address, and shows the fingerprint that the browser will ask about.
export function Insecure({ facts }: { facts: ServerFacts | null }) {
  const secure = `https://${location.host}${location.pathname}${location.hash}`;
  if (!facts?.tls) return <p class="sign-in-note">{t('sign_in.insecure_no_tls')}</p>;
  return (
    <div class="sign-in-note">
      <p>{t('sign_in.insecure')}</p>
      <a class="primary" href={secure}>
        {t('sign_in.go_secure')}
      </a>
      {facts.fingerprint && facts.certificate !== 'given' && (
        <>
          <p class="quiet">{t('sign_in.fingerprint')}</p>
          <code class="fingerprint">{facts.fingerprint}</code>
        </>
      )}
    </div>
  );
}
