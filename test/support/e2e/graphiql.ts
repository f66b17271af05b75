import type { Locator, Page } from 'playwright-core';
import { waitUntil } from '../services/wait-until.ts';

/** GraphiQL as a person uses it: with mouse and keys. */
export type Graphiql = {
  /** Opens one of the tabs above the editors. */
  openTab(name: string): Promise<void>;
  /** What that editor shows, without blanks. */
  operation(): Promise<string>;
  run(): Promise<void>;
  /** Types into the empty editor of headers. */
  typeHeaders(text: string): Promise<void>;
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
    async openTab(name) {
      const tab = page.getByRole('tab').filter({ has: page.locator(`[title="${name}"]`) });
      // After a run, GraphiQL's tabs miss the first click. With the tab's operation, its other editors are there too. A click on
      // the open tab may take back what was just typed into them.
      await waitUntil(`the tab ${name} to be open`, async () => {
        const isSelected = (await tab.getAttribute('aria-selected')) === 'true';
        if (!isSelected) await tab.locator('.graphiql-tab-button').click();
        return (
          isSelected && new RegExp(`(query|mutation|subscription)${name}\\b`).test(await textIn(operations))
        );
      });
    },
    run: () => runButton.click(),
    async typeHeaders(text) {
      await page.getByRole('button', { name: 'Headers', exact: true }).click();
      const region = page.getByRole('region', { name: 'Headers' });
      const editor = region.locator('.view-lines').filter({ visible: true });
      // An editor that has only now been opened may miss what is typed, or a part of it.
      await waitUntil('the headers to be typed', async () => {
        await editor.click();
        await page.keyboard.press('ControlOrMeta+A');
        await page.keyboard.press('Delete');
        await page.keyboard.insertText(text);
        return (await textIn(editor)) === text.replaceAll(/\s/g, '');
      });
    },
    operation: () => textIn(operations),
    result: () => textIn(page.locator('.result-window')),
  };
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
