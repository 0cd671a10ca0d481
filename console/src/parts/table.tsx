import type { ComponentChildren, JSX } from 'preact';

/** A table that may be wider than its page: it scrolls by itself, with the keyboard too. */
export const Table = ({
  label,
  columns,
  children,
}: {
  readonly label: string;
  /** Their titles; one in brackets is for screen readers alone. */
  readonly columns: readonly string[];
  readonly children: ComponentChildren;
}): JSX.Element => (
  <div class="table-wrap" role="region" aria-label={label} tabIndex={0}>
    <table class="table">
      <thead>
        <tr>
          {columns.map((title) => (
            <th key={title} scope="col">
              {title.startsWith('(') ? <span class="visually-hidden">{title.slice(1, -1)}</span> : title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  </div>
);
