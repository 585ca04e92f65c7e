export const STYLE = `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 32px 24px 64px; max-width: 1180px; background: #fff; color: #1f2937;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; }
h2 { font-size: 19px; margin: 44px 0 8px; padding-bottom: 6px; border-bottom: 1px solid #e5e7eb; }
p { max-width: 82ch; margin: 8px 0 12px; }
.lead { color: #4b5563; margin-bottom: 24px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(250px, 1fr)); gap: 12px; }
.figure { border: 1px solid #e5e7eb; border-radius: 8px; padding: 12px 14px; }
.figure .name { font-size: 13px; color: #4b5563; }
.figure .value { font-size: 22px; font-weight: 650; font-variant-numeric: tabular-nums; }
.figure .note { font-size: 12.5px; color: #4b5563; }
figure { margin: 12px 0; }
figure > svg { display: block; height: auto; margin-top: 8px; }
figcaption { display: flex; flex-wrap: wrap; gap: 4px 22px; font-size: 13px; color: #374151; }
.key { display: inline-flex; align-items: center; gap: 7px; }
.scroll { overflow-x: auto; margin: 8px 0 16px; }
table { border-collapse: collapse; font-size: 13px; min-width: 50%; }
th, td { padding: 4px 12px 4px 0; text-align: left; border-bottom: 1px solid #eef0f3; vertical-align: top; }
th { font-weight: 600; color: #4b5563; border-bottom-color: #9ca3af; vertical-align: bottom; }
td { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; color: #0072b2; font-size: 13px; }
@media print { .scroll { overflow: visible; } h2 { break-after: avoid; } }
`;
