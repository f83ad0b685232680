rem Called by the launchers (bin\wsvd.cmd of a release, wsvd.cmd of a clone) as launch.sh is by those of other systems: sets java, quiet and
rem collector, what the command is started with, or ends with exit code 1. It has no setlocal, so that they stay set for the caller,
rem whose own has turned delayed expansion off.
set "java="
if not defined JAVA_HOME goto path
rem Quotes that some have around their JAVA_HOME would end these.
set "java=%JAVA_HOME:"=%\bin\java.exe"
if not exist "%java%" set "java="
goto found

:path
rem The file that PATH finds, with its folder; nothing if there is none.
for %%j in (java.exe) do set "java=%%~$PATH:j"

:found
if defined java goto options
>&2 echo wsvd: There is no java. Maybe install a JDK 17 or newer, or set JAVA_HOME.
exit /b 1

:options
rem JDK 24 and later warn of what the ONNX classes do for speed. The dot stands for a quote, which findstr would need escaped.
set "quiet="
for %%j in ("%java%") do set "release=%%~dpj..\release"
findstr /r /c:"^JAVA_VERSION=.2[4-9]" /c:"^JAVA_VERSION=.[3-9][0-9]" "%release%" >nul 2>nul && set "quiet=--sun-misc-unsafe-memory-access=allow"
rem The serial collector takes the least time and memory, and a heap with little to spare less; another one may be asked for where Java
rem takes options. These are printed by set, not put into this line, where quotes and ampersands in them would be read by cmd.
set "collector=-XX:+UseSerialGC -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20"
(set WSVD_OPTS & set JDK_JAVA_OPTIONS & set JAVA_TOOL_OPTIONS) 2>nul | findstr /r /c:"HeapFreeRatio" >nul && set "collector=-XX:+UseSerialGC"
(set WSVD_OPTS & set JDK_JAVA_OPTIONS & set JAVA_TOOL_OPTIONS) 2>nul | findstr /r /c:"-XX:+Use[A-Za-z0-9]*GC" >nul && set "collector="
exit /b 0
