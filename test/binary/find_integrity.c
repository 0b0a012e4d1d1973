/* Finds its own asar integrity as Electron does (shell/common/asar/archive_win.cc), and prints it. */
#define UNICODE
#include <stdio.h>
#include <windows.h>

int main(void) {
  HMODULE self = GetModuleHandle(NULL);
  HRSRC found = FindResource(self, L"ElectronAsar", L"Integrity");
  if (!found) return 1;
  fwrite(LockResource(LoadResource(self, found)), 1, SizeofResource(self, found), stdout);
  return 0;
}
