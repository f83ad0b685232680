@echo off
rem Builds the command when it is missing or older than its sources, then runs it.
setlocal
set "here=%~dp0"
call :findjar
if not defined jar goto build
powershell -NoProfile -Command "$jar = (Get-Item -LiteralPath $env:jar).LastWriteTime; $new = Get-ChildItem -Path ($env:here + 'pom.xml'), ($env:here + 'demo'), ($env:here + 'wsvd-*\pom.xml'), ($env:here + 'wsvd-*\src\main') -Recurse -File | Where-Object LastWriteTime -gt $jar | Select-Object -First 1; if ($new) { exit 1 }"
if not errorlevel 1 goto run

:build
echo Building wsvd ^(once^) ... 1>&2
pushd "%here%"
call mvn -q -B -pl wsvd-cli -am package -Dmaven.test.skip=true 1>&2
if errorlevel 1 (
  popd
  exit /b 1
)
popd
call :findjar
powershell -NoProfile -Command "(Get-Item -LiteralPath $env:jar).LastWriteTime = Get-Date"

:run
set "java=java"
if defined JAVA_HOME set "java=%JAVA_HOME%\bin\java"
set "classpath=%jar%"
if defined WSVD_CLASSPATH set "classpath=%jar%;%WSVD_CLASSPATH%"
"%java%" --enable-native-access=ALL-UNNAMED "-Dwsvd.command=%~0" %WSVD_OPTS% -cp "%classpath%" dev.wsvd.cli.WsvdCommand %*
exit /b %errorlevel%

rem The newest of the built jars.
:findjar
set "jar="
for /f "delims=" %%f in ('dir /b /o:d "%here%wsvd-cli\target\wsvd-cli-*-all.jar" 2^>nul') do set "jar=%here%wsvd-cli\target\%%f"
exit /b 0
