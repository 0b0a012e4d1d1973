import { parse } from "plist";
import { expect, test } from "vitest";
import { electronAsarIntegrity, encodePlist } from "./plist.ts";

const hash = "ab".repeat(32);

test("keeps every value and the order of keys", () => {
  const info = {
    CFBundleName: "Tor & <Messenger> “é”",
    LSMinimumSystemVersion: "13.0",
    NSHighResolutionCapable: true,
    Nested: { List: ["", 1, false, { deep: "x" }] },
    ...electronAsarIntegrity(hash),
  };
  const text = new TextDecoder().decode(encodePlist(info));
  expect(parse(text)).toEqual(info);
  expect([...text.matchAll(/^\t\t<key>(\w+)/gm)].map((match) => match[1])).toEqual(
    Object.keys(info),
  );
});

test("the form that Electron reads its integrity in", () => {
  expect(new TextDecoder().decode(encodePlist(electronAsarIntegrity(hash)))).toBe(`\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
\t<dict>
\t\t<key>ElectronAsarIntegrity</key>
\t\t<dict>
\t\t\t<key>Resources/app.asar</key>
\t\t\t<dict>
\t\t\t\t<key>algorithm</key>
\t\t\t\t<string>SHA256</string>
\t\t\t\t<key>hash</key>
\t\t\t\t<string>${hash}</string>
\t\t\t</dict>
\t\t</dict>
\t</dict>
</plist>
`);
});
