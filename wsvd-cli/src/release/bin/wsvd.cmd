@echo off
rem Runs the command of this release. What lies in lib is on its classpath.
setlocal
set "home=%~dp0.."
set "java=java"
if defined JAVA_HOME set "java=%JAVA_HOME%\bin\java"
"%java%" -version >nul 2>&1
if errorlevel 1 (
  echo wsvd: There is no java. Maybe install a JDK 17 or newer, or set JAVA_HOME. 1>&2
  exit /b 1
)
set "classpath=%home%\lib\*"
if defined WSVD_CLASSPATH set "classpath=%classpath%;%WSVD_CLASSPATH%"
rem The serial collector takes the least time and memory; another one may be asked for in WSVD_OPTS.
set "collector=-XX:+UseSerialGC -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20"
if defined WSVD_OPTS if not "%WSVD_OPTS:-XX:+Use=%"=="%WSVD_OPTS%" set "collector="
"%java%" --enable-native-access=ALL-UNNAMED %collector% "-Dwsvd.command=wsvd" %WSVD_OPTS% -cp "%classpath%" dev.wsvd.cli.WsvdCommand %*
exit /b %errorlevel%
