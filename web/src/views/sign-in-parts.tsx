// Shared by the two ways in: by a name, and by an invitation link.

import { useClient } from './here.ts';
import { Mark } from './icons.tsx';
import { t } from '../text.ts';

export type Field = preact.RefObject<HTMLInputElement | null>;

export function Brand({ tagline }: { tagline: string }) {
  return (
    <div class="brand-large">
      <Mark />
      <h1>brusio</h1>
      <p>{tagline}</p>
    </div>
  );
}

export function NameField({ field }: { field: Field }) {
  return (
    <>
      <label for="name">{t('sign_in.name')}</label>
      <input
        ref={field}
        id="name"
        name="username"
        type="text"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        maxLength={64}
        defaultValue={useClient().store.lastName}
        aria-describedby="sign-in-problem"
      />
    </>
  );
}

// Names have no spaces.
export function typedName(field: Field): string {
  return field.current!.value.trim().replace(/\s+/g, '_');
}
