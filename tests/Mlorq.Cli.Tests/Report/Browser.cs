namespace Mlorq.Cli.Tests.Report;

/// <summary>The Chromium of this machine.</summary>
internal static class Browser
{
    private const string Variable = "MLORQ_CHROMIUM";

    private static readonly string[] Usual =
    [
        "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/snap/bin/chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", @"C:\Program Files\Google\Chrome\Application\chrome.exe",
    ];

    /// <summary>Its program; skips the test, with the reason, where there is none.</summary>
    public static string PathOrSkip()
    {
        var named = Environment.GetEnvironmentVariable(Variable);
        var path = string.IsNullOrEmpty(named) ? Array.Find(Usual, File.Exists) : named;
        Assert.SkipWhen(path is null, $"no Chromium found: set {Variable} to its program, or install it at {Usual[0]}");
        return path!;
    }
}
