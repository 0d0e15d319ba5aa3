import { Component } from 'preact';
import type { ComponentType } from 'preact';

// Draws `Inner` again only when a property changed. It is a component around the other one, so that
// signals that `Inner` reads still redraw it.
export function memo<P extends object>(Inner: ComponentType<P>): ComponentType<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      for (const key of Object.keys(next) as (keyof P)[]) if (next[key] !== (this.props as P)[key]) return true;
      return false;
    }

    override render() {
      return <Inner {...(this.props as P)} />;
    }
  };
}
