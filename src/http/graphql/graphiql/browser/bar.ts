/** A button of the bar. Its name is what people read. */
export type BarButton = { name: string; isShown(): boolean; onClick(): Promise<void> };

/** Says something in the bar, and shows the buttons that have a use now. */
export type Say = (text: string) => void;

/** Puts a bar above GraphiQL: a line of text, and buttons. After a click, it says what `status` returns, or what failed. */
export function addBar(status: () => string, buttons: readonly BarButton[]): Say {
  const style = document.createElement('style');
  style.textContent = `
    body { display: flex; flex-direction: column; height: 100vh; overflow: hidden; }
    #root { flex: 1; min-height: 0; }
    #root .graphiql-container { height: 100%; }
    #pressrun { display: flex; align-items: center; gap: 12px; min-height: 44px; padding: 4px 16px;
      box-sizing: border-box; font: 14px system-ui, sans-serif; color: #2b303b; background: #f4f5f8;
      border-bottom: 1px solid #d8dbe2; }
    #pressrun button { font: inherit; padding: 4px 12px; border: 1px solid #6b7386; border-radius: 6px;
      color: inherit; background: #fff; cursor: pointer; }
    #pressrun [hidden] { display: none; }
    .graphiql-dark #pressrun { color: #e6e8ee; background: #212a3b; border-color: #3a4458; }
    .graphiql-dark #pressrun button { background: #2d3850; }`;
  const line = document.createElement('span');
  line.setAttribute('role', 'status');
  const shown = buttons.map(({ name, isShown, onClick }) => {
    const button = document.createElement('button');
    button.textContent = name;
    button.addEventListener('click', () => {
      button.disabled = true;
      onClick()
        .then(() => say(status()))
        .catch((error: unknown) => say(error instanceof Error ? error.message : String(error)))
        .finally(() => (button.disabled = false));
    });
    return { button, isShown };
  });
  const say: Say = (text) => {
    line.textContent = text;
    for (const { button, isShown } of shown) button.hidden = !isShown();
  };
  const bar = document.createElement('header');
  bar.id = 'pressrun';
  bar.append(line, ...shown.map(({ button }) => button));
  document.head.append(style);
  document.body.prepend(bar);
  say(status());
  return say;
}
