/**
 * The Debian packages that the tests use, each with its reason. `ci/test.ts` installs the missing
 * ones; building needs none of them.
 */
export const debianPackages: Readonly<Record<string, string>> = {
  chromium: "the browser that shows the lite edition's page",
  xvfb: "a display for windows, where there is none",
  disorderfs: "reads directories in another order, for the second build",
  faketime: "another clock for the second build",
  "diffoscope-minimal": "shows what a difference means, beside our own report",
};
