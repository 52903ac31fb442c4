; Inno Setup 6: the set-up program for Windows. packaging\freeze.py calls it with
;   ISCC /DVersion=0.1.0 /DDesk=build\freeze /Odist /Fname packaging\windows\defectstudio.iss
; Installs for the person who runs it, without administrator's rights, or for all on request.

#ifndef Version
  #error Call it by packaging\freeze.py, or give /DVersion=... and /DDesk=...
#endif

[Setup]
AppId={{6B2C8F4E-3D57-4F0A-9E65-1C7C0D6E9A41}
AppName=DefectStudio
AppVersion={#Version}
AppPublisher=DefectStudio contributors
DefaultDirName={autopf}\DefectStudio
DefaultGroupName=DefectStudio
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
LicenseFile=..\..\LICENSE
SetupIconFile={#Desk}\icons\defectstudio.ico
UninstallDisplayIcon={app}\defectstudio.exe
Compression=lzma2/max
SolidCompression=yes
WizardStyle=modern
; Explorer is told that associations have changed; PATH is read anew by new terminals.
ChangesAssociations=yes
ChangesEnvironment=yes
; A window or a worker that runs is closed before its files are replaced.
CloseApplications=yes
RestartApplications=no

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"

[CustomMessages]
en.OpenFolder=Open with DefectStudio
de.OpenFolder=Mit DefectStudio öffnen
en.FolderTask=Offer "Open with DefectStudio" on folders (a project is a folder)
de.FolderTask=„Mit DefectStudio öffnen“ bei Ordnern anbieten (ein Projekt ist ein Ordner)
en.PathTask=Make the command "defectstudio" known to terminals (PATH)
de.PathTask=Den Befehl „defectstudio“ in Terminals bekannt machen (PATH)
en.ProjectType=DefectStudio project
de.ProjectType=DefectStudio-Projekt

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked
Name: "folders"; Description: "{cm:FolderTask}"
Name: "path"; Description: "{cm:PathTask}"; Flags: unchecked

[InstallDelete]
; What an earlier version brought and this one does not must not be found beside it.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Desk}\dist\defectstudio\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
; Without a word the program opens its window.
Name: "{autoprograms}\DefectStudio"; Filename: "{app}\defectstudio.exe"; WorkingDir: "{userdocs}"
Name: "{autodesktop}\DefectStudio"; Filename: "{app}\defectstudio.exe"; WorkingDir: "{userdocs}"; Tasks: desktopicon

[Registry]
; A project is a folder with project.sqlite in it. Other programs keep their .sqlite files: we are
; offered under "Open with", no more.
Root: HKA; Subkey: "Software\Classes\DefectStudio.Project"; ValueType: string; ValueName: ""; ValueData: "{cm:ProjectType}"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\DefectStudio.Project\DefaultIcon"; ValueType: string; ValueName: ""; ValueData: "{app}\defectstudio.exe,0"
Root: HKA; Subkey: "Software\Classes\DefectStudio.Project\shell\open\command"; ValueType: string; ValueName: ""; ValueData: """{app}\defectstudio.exe"" --part window ""%1"""
Root: HKA; Subkey: "Software\Classes\.sqlite\OpenWithProgids"; ValueType: string; ValueName: "DefectStudio.Project"; ValueData: ""; Flags: uninsdeletevalue
Root: HKA; Subkey: "Software\Classes\Applications\defectstudio.exe"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "DefectStudio"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\defectstudio.exe\shell\open\command"; ValueType: string; ValueName: ""; ValueData: """{app}\defectstudio.exe"" --part window ""%1"""
Root: HKA; Subkey: "Software\Classes\Directory\shell\DefectStudio"; ValueType: string; ValueName: ""; ValueData: "{cm:OpenFolder}"; Tasks: folders; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Directory\shell\DefectStudio"; ValueType: string; ValueName: "Icon"; ValueData: "{app}\defectstudio.exe,0"; Tasks: folders
Root: HKA; Subkey: "Software\Classes\Directory\shell\DefectStudio\command"; ValueType: string; ValueName: ""; ValueData: """{app}\defectstudio.exe"" --part window ""%V"""; Tasks: folders
Root: HKA; Subkey: "{code:EnvironmentKey}"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; Tasks: path; Check: NotOnPath

[Run]
Filename: "{app}\defectstudio.exe"; Description: "{cm:LaunchProgram,DefectStudio}"; Flags: nowait postinstall skipifsilent

[Code]
function EnvironmentKey(Param: String): String;
begin
  if IsAdminInstallMode then
    Result := 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
  else
    Result := 'Environment';
end;

function PathNow: String;
begin
  if not RegQueryStringValue(HKA, EnvironmentKey(''), 'Path', Result) then
    Result := '';
end;

function NotOnPath: Boolean;
begin
  Result := Pos(';' + Uppercase(ExpandConstant('{app}')) + ';', ';' + Uppercase(PathNow) + ';') = 0;
end;

procedure CurUninstallStepChanged(CurUninstallStep: TUninstallStep);
var
  Before, After: String;
begin
  if CurUninstallStep <> usPostUninstall then
    exit;
  Before := PathNow;
  After := Before;
  StringChangeEx(After, ';' + ExpandConstant('{app}'), '', True);
  if After <> Before then
    RegWriteExpandStringValue(HKA, EnvironmentKey(''), 'Path', After);
end;
