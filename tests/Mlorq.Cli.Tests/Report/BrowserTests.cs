using PuppeteerSharp;

namespace Mlorq.Cli.Tests.Report;

public sealed class BrowserTests(ReportedSample sample) : IClassFixture<ReportedSample>
{
    private const int Patience = 120_000;

    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    [Fact]
    public async Task It_is_shown_without_errors_sorts_and_filters()
    {
        await using var browser = await Puppeteer.LaunchAsync(new LaunchOptions { ExecutablePath = Browser.PathOrSkip(), Headless = true, Args = Arguments, Timeout = Patience });
        await using var page = await browser.NewPageAsync();
        page.DefaultTimeout = Patience;
        var (said, asked) = (new List<string>(), new List<string>());
        page.Console += (_, e) => said.Add(e.Message.Text);
        page.PageError += (_, e) => said.Add(e.Message);
        page.Request += (_, e) => asked.Add(e.Request.Url);
        await page.SetViewportAsync(new ViewPortOptions { Width = 390, Height = 844 });
        await page.EmulateMediaFeaturesAsync([new MediaFeatureValue { MediaFeature = MediaFeature.PrefersColorScheme, Value = "dark" }]);
        await page.GoToAsync(new Uri(sample.Page).AbsoluteUri, new NavigationOptions { Timeout = Patience });
        await page.WaitForSelectorAsync("#strips svg");

        var names = sample.Data.GetProperty("layers").EnumerateArray().ToDictionary(l => l.GetProperty("name").GetString()!, l => l.GetProperty("sizeInBytes").GetInt64());
        Assert.Equal(names.Keys, await RowsAsync(page));
        Assert.True(await page.EvaluateExpressionAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "wider than a phone");
        Assert.True(await page.EvaluateExpressionAsync<bool>("getComputedStyle(document.body).backgroundColor !== 'rgb(245, 246, 248)'"), "not dark");
        Assert.Equal(0, await page.EvaluateExpressionAsync<int>("document.querySelectorAll('img[src=x]').length"));

        var bytes = await page.EvaluateExpressionAsync<int>("[...document.querySelectorAll('#layer-table thead button')].findIndex(b => b.textContent === 'bytes') + 1");
        var button = $"#layer-table thead th:nth-child({bytes}) button";
        await page.ClickAsync(button);
        Assert.Equal(names.Values.OrderDescending(), (await RowsAsync(page)).Select(r => names[r]));
        await page.ClickAsync(button);
        Assert.Equal(names.Values.Order(), (await RowsAsync(page)).Select(r => names[r]));
        Assert.Equal("ascending", await page.EvaluateExpressionAsync<string>($"document.querySelector('#layer-table thead th:nth-child({bytes})').getAttribute('aria-sort')"));

        await page.TypeAsync("#filter", "ONERROR");
        Assert.Contains("onerror", Assert.Single(await RowsAsync(page)), StringComparison.Ordinal);
        await page.EvaluateExpressionAsync("document.getElementById('filter').value = ''");
        await page.SelectAsync("#kind", "linear");
        Assert.Equal(2, (await RowsAsync(page)).Length);

        Assert.Empty(said);
        Assert.All(asked, a => Assert.Matches("^(file|data):", a));
    }

    private static Task<string[]> RowsAsync(IPage page) => page.EvaluateExpressionAsync<string[]>("[...document.querySelectorAll('#layer-table tbody tr')].map(r => r.dataset.layer)");
}
