// The keys of an open menu: the arrows walk in a circle, Escape closes. Other keys are left alone.
export function menuKey(event: KeyboardEvent, items: NodeListOf<HTMLElement>, close: () => void): void {
  const buttons = [...items];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  if (event.key === 'ArrowDown') buttons[(at + 1) % buttons.length]?.focus();
  else if (event.key === 'ArrowUp') buttons[(at + buttons.length - 1) % buttons.length]?.focus();
  else if (event.key === 'Escape') close();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
