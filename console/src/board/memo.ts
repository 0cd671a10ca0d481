import { Component, h, type ComponentType, type VNode } from 'preact';

/** A component that is drawn again only when its properties differ, as `isSame` sees it. */
export const memo = <Props extends object>(of: ComponentType<Props>, isSame: (one: Props, other: Props) => boolean): ComponentType<Props> =>
  class Memo extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      return !isSame(this.props, next);
    }

    override render(): VNode<Props> {
      return h(of, this.props);
    }
  };
