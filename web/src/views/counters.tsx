// The server's counters, each with a small chart of how it moves while the page is open.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { chartPath, ratesOf } from '../model/chart.ts';
import { useClient } from './here.ts';
import { Problem } from './parts.tsx';
import { number, t } from '../text.ts';

const EVERY_MS = 2_000;
const SAMPLES_MAX = 60;
const WIDTH = 120;
const HEIGHT = 24;

type Sample = Record<string, number | string>;

// A counter that a newer server has is called as it calls it.
function titleOf(name: string): string {
  const key = `admin.count.${name}`;
  const title = t(key);
  return title === key ? name.replaceAll('_', ' ') : title;
}

// A counter that only grows shows its growth; the others show their value.
function Chart({ name, samples }: { name: string; samples: readonly Sample[] }) {
  const values = samples.map((sample) => Number(sample[name] ?? 0));
  if (values.some(Number.isNaN)) return null;
  const shown = name.endsWith('_total') ? ratesOf(values) : values;
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
      <path d={chartPath(shown, WIDTH, HEIGHT)} fill="none" stroke="currentColor" stroke-width="1.5" />
    </svg>
  );
}

export function Counters() {
  const { line } = useClient();
  const samples = useSignal<Sample[]>([]);
  const problem = useSignal<string | null>(null);
  useEffect(() => {
    const read = async () => {
      const answer = await line.request<{ status?: Sample }>({ op: 'status' });
      problem.value = answer.ok ? null : answer.text;
      if (answer.ok && answer.value.status) samples.value = [...samples.value, answer.value.status].slice(-SAMPLES_MAX);
    };
    void read();
    const timer = setInterval(() => void read(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  const last = samples.value.at(-1) ?? {};
  return (
    <>
      <p class="quiet">{t('admin.status_explain')}</p>
      <Problem text={problem.value} />
      <div class="counters" tabIndex={0} role="group" aria-label={t('admin.status')}>
        <table>
          <tbody>
            {Object.entries(last).map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{titleOf(name)}</th>
                <td>{Number.isNaN(Number(value)) ? value : number(Number(value))}</td>
                <td>
                  <Chart name={name} samples={samples.value} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
