// Hears that something changed in one workspace, through its private Realtime topic. The
// message only says that; the feed reads again.
import { RealtimeClient } from '@supabase/realtime-js';

// The client forgets a channel that the server closes, such as one whose token ran out while the
// machine slept: it is joined anew after this time.
const REJOIN_MS = 3000;

export class Live {
  constructor({ config, token }) {
    const url = `${config.supabase_url.replace(/^http/, 'ws')}/realtime/v1`;
    this.client = new RealtimeClient(url, {
      params: { apikey: config.publishable_key },
      accessToken: token,
      reconnectAfterMs: (tries) => Math.min(1000 * 2 ** (tries - 1), 10_000),
    });
  }

  /** @param {{onChange: (payload) => void, onState: (live: boolean) => void}} listeners */
  listen(clientId, { onChange, onState }) {
    let channel, rejoining;
    let left = false;
    const told = (status) => {
      if (left) return;
      onState(status === 'SUBSCRIBED');
      if (status !== 'CLOSED') return;
      clearTimeout(rejoining);
      rejoining = setTimeout(join, REJOIN_MS);
    };
    const join = () => {
      channel = this.client.channel(`workspace:${clientId}`, { config: { private: true } });
      channel.on('broadcast', { event: 'changed' }, ({ payload }) => onChange(payload));
      const subscribe = () => left || channel.subscribe(told);
      // A private topic refuses whoever joins before the token is there.
      this.client.setAuth().then(subscribe, subscribe);
    };
    join();
    return () => {
      left = true;
      clearTimeout(rejoining);
      this.client.removeChannel(channel);
    };
  }

  close() {
    this.client.removeAllChannels();
    this.client.disconnect();
  }
}
