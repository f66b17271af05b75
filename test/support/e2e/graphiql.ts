import type { Locator, Page } from 'playwright-core';

/** GraphiQL as a person uses it: with mouse and keys. */
export type Graphiql = {
  /** Replaces what is in the editor of operations. On one line: at its ends the editor adds what it thinks is missing. */
  typeOperation(text: string): Promise<void>;
  /** What that editor shows, without blanks. */
  operation(): Promise<string>;
  /** Replaces what is in one of the tabs below it. */
  typeInto(tab: 'Variables' | 'Headers', text: string): Promise<void>;
  run(): Promise<void>;
  /** What the result pane shows now, without blanks. */
  result(): Promise<string>;
};

/** Waits until GraphiQL is there and knows the schema. */
export async function useGraphiql(page: Page): Promise<Graphiql> {
  const operations = page.getByRole('region', { name: 'Operation Editor' });
  // Until GraphiQL has taken note that there is a single operation, the button opens a menu of operations.
  const runButton = page.locator('.graphiql-execute-button:not([aria-haspopup])');
  await operations.locator('.view-line').first().waitFor();
  return {
    typeOperation: (text) => typeIntoEditor(page, operations.locator('.monaco-editor'), text),
    async typeInto(tab, text) {
      await page.getByRole('button', { name: tab, exact: true }).click();
      const editor = page.getByRole('region', { name: tab }).locator('.monaco-editor:visible');
      await typeIntoEditor(page, editor, text);
    },
    run: () => runButton.click(),
    operation: () => textIn(operations),
    result: () => textIn(page.locator('.result-window')),
  };
}

async function typeIntoEditor(page: Page, editor: Locator, text: string): Promise<void> {
  await editor.click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.press('Delete');
  await page.keyboard.type(text);
  // Closes the list of suggestions, which lies over the buttons.
  await page.keyboard.press('Escape');
}

async function textIn(pane: Locator): Promise<string> {
  // The editor places its lines by their `top` and keeps them in no order.
  const lines = await pane
    .locator('.view-line')
    .evaluateAll((all) =>
      all
        .toSorted((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
        .map((line) => line.textContent),
    );
  return lines.join('').replaceAll(/\s/g, '');
}
