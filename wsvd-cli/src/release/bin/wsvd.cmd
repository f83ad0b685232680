@echo off
rem Runs the command of this release. What lies in lib is on its classpath: a backend or model format is added by putting its jars there.
rem With delayed expansion an exclamation mark in a path or an argument would be read by cmd.
setlocal EnableExtensions DisableDelayedExpansion
rem The folder of this file, with a backslash at its end. Expanded once, so percent signs in it stay.
set "here=%~dp0"
rem call expands its line once more, so there is no path in it.
pushd "%here%"
call .\launch.cmd
set "failed=%errorlevel%"
popd
if not %failed%==0 exit /b 1
rem From the variable, not from -cp: a backslash at the end of WSVD_CLASSPATH would make the quote behind it part of the path. Java itself
rem puts all jars in the place of the asterisk.
set "CLASSPATH=%here%..\lib\*"
if defined WSVD_CLASSPATH set "CLASSPATH=%here%..\lib\*;%WSVD_CLASSPATH%"
rem Whether a person is watching cmd cannot tell, so progress comes in lines: there is no -Dwsvd.terminal.
rem %%* is what was typed, quotes too; as it stands in no block, parentheses in it close none. %%~0 is the command as it was typed.
"%java%" --enable-native-access=ALL-UNNAMED %quiet% %collector% "-Dwsvd.command=%~0" %WSVD_OPTS% dev.wsvd.cli.WsvdCommand %*
exit /b %errorlevel%
