@echo off
rem Builds the command when it is missing or older than its sources, then runs it.
setlocal enabledelayedexpansion
set "here=%~dp0"
set "jar="
for %%f in ("%here%wsvd-cli\target\wsvd-cli-*-all.jar") do set "jar=%%f"
set "stale="
if not defined jar (
  set "stale=yes"
) else (
  powershell -NoProfile -Command "$jar = (Get-Item -LiteralPath '!jar!').LastWriteTime; $new = Get-ChildItem -Path '%here%pom.xml', '%here%demo', '%here%wsvd-*\pom.xml', '%here%wsvd-*\src\main' -Recurse -File | Where-Object LastWriteTime -gt $jar | Select-Object -First 1; if ($new) { exit 1 }"
  if errorlevel 1 set "stale=yes"
)
if defined stale (
  echo Building wsvd ^(once^) ... 1>&2
  pushd "%here%"
  call mvn -q -B -pl wsvd-cli -am package -DskipTests 1>&2
  if errorlevel 1 (
    popd
    exit /b 1
  )
  popd
  for %%f in ("%here%wsvd-cli\target\wsvd-cli-*-all.jar") do set "jar=%%f"
  powershell -NoProfile -Command "(Get-Item -LiteralPath '!jar!').LastWriteTime = Get-Date"
)
set "java=java"
if defined JAVA_HOME set "java=%JAVA_HOME%\bin\java"
set "classpath=!jar!"
if defined WSVD_CLASSPATH set "classpath=!jar!;%WSVD_CLASSPATH%"
"%java%" %WSVD_OPTS% -cp "!classpath!" dev.wsvd.cli.WsvdCommand %*
exit /b %errorlevel%
