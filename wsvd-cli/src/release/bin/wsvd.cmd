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
rem The serial collector takes the least time and memory; another one may be asked for where Java takes options.
set "collector=-XX:+UseSerialGC -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20"
set "options=%WSVD_OPTS% %JDK_JAVA_OPTIONS% %JAVA_TOOL_OPTIONS%"
set options | findstr /r /c:"HeapFreeRatio" >nul && set "collector=-XX:+UseSerialGC"
set options | findstr /r /c:"-XX:+Use[A-Za-z0-9]*GC" >nul && set "collector="
"%java%" --enable-native-access=ALL-UNNAMED %collector% "-Dwsvd.command=wsvd" %WSVD_OPTS% -cp "%classpath%" dev.wsvd.cli.WsvdCommand %*
exit /b %errorlevel%
